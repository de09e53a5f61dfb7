run() { echo "> $*"; "$@" > /tmp/ctx.out 2> /tmp/ctx.err; s=$?; echo "$s"; sed 's/^/o /' /tmp/ctx.out; sed 's/^/e /' /tmp/ctx.err; }
export HOME=/tmp/ctx
run docker context create far --docker host=tcp://1.2.3.4:2375 --description 'my desc'
run docker context create far --docker host=tcp://1:1
run docker context create bad --docker x=1
run docker context create bad --docker host=foo
run docker context create bad --docker host
run docker context create copy --from far
run docker context create bad --from nope
run docker context create own
run docker context use far
run docker context ls
run docker context ls -q
run docker context ls --format json
run docker context ls --format '{{.Name}} {{.Nope}}'
run docker context inspect
run docker context inspect far nope
run docker context inspect -f '{{.Endpoints.docker.Host}} {{.Name}}' far
run docker context show
run docker context rm far
run docker context rm default
run docker context rm nope
run docker context update own --description new
run docker context update nope
run docker context update own --docker host=unix:///x.sock
run docker context ls
DOCKER_HOST=tcp://9 run docker context ls
DOCKER_HOST=tcp://9 run docker context use own
DOCKER_CONTEXT=copy run docker context show
DOCKER_CONTEXT=none run docker context ls
run docker -c none context ls
run docker context use nope
cat /tmp/ctx/.docker/config.json
cat /tmp/ctx/.docker/contexts/meta/*/meta.json
run docker ps
DOCKER_CONTEXT=nope run docker ps
DOCKER_HOST=unix:///nowhere run docker ps
run docker --context default -H tcp://127.0.0.1:1 ps
DOCKER_HOST=unix:///nowhere run docker -c own ps
run docker -H unix:///nowhere2 ps
run docker -H foo://x ps
run docker context use default
run docker context show
cat /tmp/ctx/.docker/config.json
run docker context use copy
run docker context rm -f copy own gone
run docker context ls
run docker context create x
run docker context create a/b
run docker context create default
run docker context foo
run docker context use
run docker context rm
run docker context create sent --description "to be sent" --docker host=tcp://127.0.0.1:9
cd /tmp/ctx
run docker context export sent
run docker context export sent
run docker context export nope
run docker context export a/b
run sh -c 'docker context export sent - | tar t'
run docker context import sent sent.dockercontext
run docker context import received sent.dockercontext
run sh -c 'docker context export sent - | docker context import piped -'
run docker context import again none.tar
run sh -c 'echo x | docker context import again -'
run sh -c 'head -c 1024 /dev/zero | docker context import again -'
run sh -c 'tar c -C /tmp/ctx sent.dockercontext | docker context import again -'
run docker context import default sent.dockercontext
run docker context import again
run docker context export
run docker context inspect received piped -f '{{.Name}} {{json .Endpoints}}'
run docker context ls
run docker context export --help
run docker context import --help

# What is used once is in memory afterwards: pages of programs, compiled paths of the kernel, the engine's own tables.
set -ex
for round in 1 2 3; do
  docker ps > /dev/null
  docker run --rm busybox true
done
docker run --name warm-up hello-world > /dev/null
docker logs warm-up > /dev/null
docker inspect warm-up > /dev/null
docker rm warm-up > /dev/null
docker images > /dev/null
docker __completeNoDesc stop '' > /dev/null 2>&1
test -z "$(docker ps -aq)"

# The engine answers, and the warm process behind the docker command is there.
for attempt in $(seq 300); do
  if docker version > /tmp/answer 2>&1; then
    rm /tmp/answer
    exit 0
  fi
  sleep 0.1
done
cat /tmp/answer
echo "--- /var/log/drydock.log"
tail -n 40 /var/log/drydock.log
exit 1

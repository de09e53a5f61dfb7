# A saved machine holds all its memory, also what is free: pages of zeros cost nothing, pages of leftovers do.
set -ex
rm -rf /tmp/* /root/.ash_history
sync
echo 3 > /proc/sys/vm/drop_caches
mkdir /tmp/zeros
mount -t tmpfs -o size=100% zeros /tmp/zeros
free=$(awk '/^MemFree:/ { print int($2 / 1024) - 6 }' /proc/meminfo)
dd if=/dev/zero of=/tmp/zeros/fill bs=1M count="$free" 2> /dev/null
umount /tmp/zeros
rmdir /tmp/zeros
echo 3 > /proc/sys/vm/drop_caches

#! /usr/bin/env atf-sh
# rctl(8): rules, and that what they limit is limited, by cgroups of either
# version: the machine's v1 hierarchies and, in the virtual machine, cgroup2.
. "$(atf_get_srcdir)/common.sh" || exit

LATER="Operation not supported"

# need_controller NAME: skip when this machine has it in neither version.
need_controller()
{
	local v1

	v1=$1
	[ "$1" != io ] || v1=blkio
	grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
	    [ -e "/sys/fs/cgroup/$v1/cgroup.procs" ] ||
	    atf_skip "no $1 controller here"
}

# cgroup_file JID V1CONTROLLER FILE: the path of a file of the jail's cgroup,
# whichever version has it.
cgroup_file()
{
	local f

	for f in /sys/fs/cgroup/cellblock*/"$1/tree/$3" \
	    "/sys/fs/cgroup/$2/cellblock.$(pidns)/$1/$3"; do
		[ ! -e "$f" ] || echo "$f"
	done
}

pidns()
{
	readlink /proc/self/ns/pid | tr -dc 0-9
}

# v1_dirs: the box's directories in v1 hierarchies.
v1_dirs()
{
	find /sys/fs/cgroup -maxdepth 3 -path "*/cellblock.$(pidns)*" -type d \
	    ! -path '/sys/fs/cgroup/unified/*' \
	    ! -path '/sys/fs/cgroup/cellblock*' | sort
}

atf_test_case rules
rules_head()
{
	atf_set descr "Add, list, filter, replace, remove; messages; exit status"
}
rules_body()
{
	need_controller pids
	need_controller memory
	atf_check rctl
	atf_check -s exit:1 -e inline:"rctl: failed to remove rule ':': No such process\n" \
	    rctl -r :
	atf_check -s exit:1 test -e /run/cellblock
	# jails need not run
	atf_check rctl -a jail:a:maxproc:deny=10 j:b:memoryuse:deny=1g
	atf_check rctl -a jail:a:openfiles:deny=1k/process
	atf_check -o inline:"jail:b:memoryuse:deny=1073741824
jail:a:openfiles:deny=1024/process
jail:a:maxproc:deny=10\n" rctl
	atf_check -o inline:"jail:b:memoryuse:deny=1024M
jail:a:openfiles:deny=1024/process
jail:a:maxproc:deny=10\n" rctl -h
	atf_check -o inline:"jail:a:maxproc:deny=10\n" rctl ::maxproc
	atf_check -o inline:"jail:b:memoryuse:deny=1073741824\njail:a:maxproc:deny=10\n" \
	    rctl jail:b jail:a:maxproc
	atf_check rctl user:
	atf_check rctl jail:nobody
	# a deny replaces what differs in the amount only
	atf_check rctl -a jail:a:maxproc:deny=11
	atf_check -o inline:"jail:a:maxproc:deny=11
jail:a:openfiles:deny=1024/process\n" rctl jail:a
	atf_check rctl -r jail:a:maxproc
	atf_check -s exit:2 -o inline:"jail:b:memoryuse:deny=1073741824\n" \
	    -e inline:"rctl: malformed rule 'x': missing subject
rctl: failed to show rules for 'cat:': Invalid argument\n" \
	    rctl x jail:b cat:
	atf_check -s exit:1 -e match:"^rctl: failed to add rule 'jail:a:cputime:deny=5': $LATER\$" \
	    rctl -a jail:a:cputime:deny=5
	atf_check -s exit:1 -e match:"^rctl: malformed rule 'jail:a:maxproc:deny=x': invalid numeric value 'x'\$" \
	    rctl -a jail:a:maxproc:deny=x
	atf_check -s exit:1 -e match:"at most one of -a, -l, -r, or -u" \
	    rctl -a -r jail:a
	atf_check -s exit:1 -e match:"^usage: rctl" rctl -a
	atf_check rctl -r :
	atf_check rctl
	atf_check -s exit:1 test -e /run/cellblock
}

atf_test_case refused
refused_head()
{
	atf_set descr "What Linux lacks is said in one line, and nothing is kept"
}
refused_body()
{
	local rule

	for rule in jail:a:openfiles:deny=5 jail:a:memoryuse:log=5 \
	    jail:a:memoryuse:devctl=5 jail:a:maxproc:sigterm=5 \
	    jail:a:wallclock:sigkill=5 jail:a:pseudoterminals:log=5 \
	    jail:a:msgqsize:deny=5 jail:a:maxproc:deny=5/user \
	    user:root:maxproc:deny=5 loginclass:daemon:maxproc:deny=5 \
	    process:1:memoryuse:deny=5 jail:a.b:maxproc:deny=5; do
		atf_check -s exit:1 -e match:"^rctl: failed to add rule '$rule': $LATER: .+" \
		    rctl -a "$rule"
	done
	atf_check -s exit:1 -e match:"end the rule with /process" \
	    rctl -a jail:a:openfiles:deny=5
	atf_check -s exit:1 -e match:"jexec a rctl -a jail:b:" \
	    rctl -a jail:a.b:maxproc:deny=5
	atf_check rctl
}

atf_test_case maxproc
maxproc_head()
{
	atf_set descr "A fork bomb stops at maxproc; the machine does not notice"
	atf_set timeout 60
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
maxproc_body()
{
	need_controller pids
	atf_check rctl -a jail:x:maxproc:deny=20
	atf_check -o ignore jail -c name=x path=/ persist
	cat >bomb <<'END'
use POSIX ":sys_wait_h";
my $n = 0;
for (1..100) {
	my $pid = fork;
	if (!defined $pid) { print "$n $!\n"; exit }
	if (!$pid) { sleep 100; exit }
	$n++;
}
print "all\n";
END
	# one of the 20 is the parent
	atf_check -o inline:"19 Resource temporarily unavailable\n" \
	    jexec x perl -e "$(cat bomb)"
	atf_check -o ignore jail -r x
	# the rule is still there for the next of that name
	atf_check -o ignore jail -c name=x path=/ persist
	atf_check -o inline:"19 Resource temporarily unavailable\n" \
	    jexec x perl -e "$(cat bomb)"
	atf_check -o ignore jail -m name=x persist
	atf_check -o ignore jail -r x
}

atf_test_case memory
memory_head()
{
	atf_set descr "A memory hog is killed at memoryuse, its neighbours are not"
	atf_set timeout 60
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
memory_body()
{
	need_controller memory
	atf_check -o ignore jail -c name=x path=/ persist
	atf_check -o ignore jail -c name=y path=/ persist
	atf_check rctl -a jail:x:vmemoryuse:deny=48M
	# 64 MB, written to
	cat >hog <<'END'
my @x;
push @x, "x" x (1 << 20) for 1..64;
print scalar(@x), "\n";
END
	atf_check -s signal:kill jexec x perl -e "$(cat hog)"
	atf_check -o inline:"64\n" jexec y perl -e "$(cat hog)"
	atf_check -o inline:"alive\n" jexec x echo alive
	atf_check rctl -a jail:x:vmemoryuse:deny=200M
	atf_check -o inline:"64\n" jexec x perl -e "$(cat hog)"
	atf_check rctl -a jail:x:memoryuse:deny=48M
	atf_check rctl -r jail:x:vmemoryuse
	atf_check -o match:'^503[0-9]*$' \
	    cat "$(cgroup_file 1 memory "$(memory_name)")"
	atf_check rctl -r jail:x
	atf_check -o inline:"64\n" jexec x perl -e "$(cat hog)"
}
memory_name()
{
	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		echo memory.limit_in_bytes
	else
		echo memory.max
	fi
}

atf_test_case files
files_head()
{
	atf_set descr "openfiles by process: EMFILE, new and running processes"
}
files_body()
{
	atf_check -o ignore jail -c name=x path=/ persist
	cat >opens <<'END'
$| = 1;
my @f;
sub fill { while (open my $h, "<", "/dev/null") { push @f, $h } print "$!\n" }
print "ready\n";
<STDIN>;
fill;
END
	mkfifo in
	jexec x perl -e "$(cat opens)" <in >running 2>&1 &
	exec 9>in
	must_wait 5 test -s running
	atf_check rctl -a jail:x:openfiles:deny=16/process
	atf_check -o inline:"16\n16\n" jexec x sh -c 'ulimit -n; ulimit -Hn'
	atf_check -s not-exit:0 -e match:"ulimit" jexec x sh -c 'ulimit -n 17'
	atf_check -o inline:"ready\nToo many open files\n" \
	    sh -c "echo | jexec x perl -e '$(cat opens)'"
	echo >&9
	wait $!
	atf_check -o inline:"ready\nToo many open files\n" cat running
	# outside nothing has changed
	[ "$(ulimit -n)" != 16 ] || atf_fail "the host is limited"
}

atf_test_case pcpu
pcpu_head()
{
	atf_set descr "pcpu: the kernel has throttled a loop"
	atf_set timeout 60
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
pcpu_body()
{
	need_controller cpu
	atf_check rctl -a jail:x:pcpu:deny=20
	atf_check -o ignore jail -c name=x path=/ persist
	jexec x sh -c 'while :; do :; done' &
	must_wait 20 grep -q '^nr_throttled [1-9]' \
	    "$(cgroup_file 1 cpu cpu.stat)"
	jail -r x
	wait
}

atf_test_case running
running_head()
{
	atf_set descr "A rule takes hold of what runs; without rules it is as before"
	atf_set timeout 60
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
running_body()
{
	need_controller pids
	atf_check -o ignore jail -c name=x path=/ persist
	# children and grandchildren, in a session of their own
	jexec x setsid sh -c 'sleep 100 & sleep 100 & (sleep 100 & wait) & wait' &
	must_wait 5 sh -c '[ "$(rctl -u jail:x | grep ^maxproc)" = maxproc=5 ]'
	v1_dirs >dirs
	atf_check -o empty cat dirs
	atf_check rctl -a jail:x:maxproc:deny=5
	atf_check -o inline:"5\n" cat "$(cgroup_file 1 pids pids.current)"
	atf_check rctl -a jail:x:maxproc:deny=6
	atf_check -s not-exit:0 -e match:"[Ff]ork" jexec x sh -c 'true & wait'
	atf_check rctl -a jail:x:maxproc:deny=7
	atf_check jexec x sh -c 'true & wait'
	atf_check rctl -r jail:x:maxproc
	atf_check jexec x sh -c 'for i in 1 2 3 4 5 6; do sleep 100 & done'
	atf_check -o ignore jail -r x
	wait
	v1_dirs >dirs
	atf_check -o empty cat dirs
}

atf_test_case ratelimit
ratelimit_head()
{
	atf_set descr "Rates of disks are written for each disk"
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
ratelimit_body()
{
	local f

	need_controller io
	atf_check -o ignore jail -c name=x path=/ persist
	atf_check rctl -a jail:x:readbps:throttle=10M \
	    jail:x:writeiops:throttle=100
	f=$(cgroup_file 1 blkio io.max)
	if [ -n "$f" ]; then
		atf_check -o match:"^[0-9]+:[0-9]+ rbps=10485760 wbps=max riops=max wiops=100$" \
		    cat "$f"
	else
		atf_check -o match:"^[0-9]+:[0-9]+ 10485760$" cat \
		    "$(cgroup_file 1 blkio blkio.throttle.read_bps_device)"
		f=$(cgroup_file 1 blkio blkio.throttle.write_iops_device)
		atf_check -o match:"^[0-9]+:[0-9]+ 100$" cat "$f"
	fi
	atf_check rctl -r jail:x:writeiops
	if [ "${f%io.max}" != "$f" ]; then
		atf_check -o match:" wiops=max$" cat "$f"
	else
		atf_check -o empty cat "$f"
	fi
}

atf_test_case ipc
ipc_head()
{
	atf_set descr "System V IPC: the jail's own numbers"
}
ipc_body()
{
	need ipcmk
	atf_check rctl -a jail:x:nshm:deny=1 jail:x:nsemop:deny=7 \
	    jail:x:nmsgq:deny=1 jail:x:nsem:deny=9
	atf_check -o ignore jail -c name=x path=/ persist sysvshm=new \
	    sysvsem=new sysvmsg=new
	atf_check -o inline:"1\n" jexec x cat /proc/sys/kernel/shmmni
	atf_check -o match:"	9	7	" jexec x cat /proc/sys/kernel/sem
	atf_check -o match:"^Shared memory id" jexec x ipcmk -M 4096
	atf_check -s not-exit:0 -e match:"No space left on device" \
	    jexec x ipcmk -M 4096
	atf_check -o match:"^nshm=1$" -o match:"^shmsize=4096$" \
	    rctl -u jail:x
	atf_check rctl -r jail:x:nshm
	atf_check -o match:"^Shared memory id" jexec x ipcmk -M 4096
	# the host's own have not changed
	atf_check -s exit:1 grep -qx 1 /proc/sys/kernel/msgmni
	# who may mount a /proc could raise them again
	atf_check rctl -a jail:y:nshm:deny=1
	atf_check -s exit:1 -e match:"rctl: $LATER: .*children.max" \
	    jail -c name=y path=/ persist children.max=2
	atf_check -s exit:1 -e ignore jls -j y
}

atf_test_case ptys
ptys_head()
{
	atf_set descr "Pseudo-terminals: so many at a time, in this jail only"
}
ptys_body()
{
	atf_check rctl -a jail:x:pseudoterminals:deny=2
	atf_check -o ignore jail -c name=x path=/ persist mount.devfs
	cat >opens <<'END'
use Fcntl;
my @f;
while (@f < 5) {
	sysopen my $h, "/dev/ptmx", O_RDWR|O_NOCTTY or last;
	push @f, $h;
}
print scalar(@f), "\n";
END
	atf_check -o inline:"2\n" jexec x perl -e "$(cat opens)"
	atf_check -o inline:"5\n" perl -e "$(cat opens)"
	atf_check rctl -a jail:x:pseudoterminals:deny=3
	atf_check -o inline:"3\n" jexec x perl -e "$(cat opens)"
	atf_check rctl -r jail:x
	atf_check -o inline:"5\n" jexec x perl -e "$(cat opens)"
}

atf_test_case names
names_head()
{
	atf_set descr "Rules are of names: a renamed jail has those of its new name"
}
names_body()
{
	atf_check rctl -a jail:x:openfiles:deny=16/process
	atf_check rctl -a jail:y:openfiles:deny=32/process
	atf_check -o ignore jail -c name=x path=/ persist
	atf_check -o inline:"16\n" jexec x sh -c 'ulimit -n'
	atf_check -o ignore jail -m jid=1 name=y
	atf_check -o inline:"32\n" jexec y sh -c 'ulimit -n'
	atf_check -o ignore jail -m jid=1 name=z
	atf_check -o not-inline:"32\n" jexec z sh -c 'ulimit -n'
	# one without a name has its number for a name
	atf_check rctl -a jail:7:openfiles:deny=8/process
	atf_check -o ignore jail -c jid=7 path=/ persist
	atf_check -o inline:"8\n" jexec 7 sh -c 'ulimit -n'
	# odd names are names
	atf_check rctl -a "jail:a/b %2F:openfiles:deny=8/process"
	atf_check -o inline:"jail:a/b %2F:openfiles:deny=8/process\n" \
	    rctl "jail:a/b %2F"
}

atf_test_case usage
usage_head()
{
	atf_set descr "-u: what a jail and a process use, and -l"
}
usage_body()
{
	local pid

	atf_check -s exit:1 -e inline:"rctl: failed to show resource consumption for 'jail:x': No such process\n" \
	    rctl -u jail:x
	atf_check -o ignore jail -c name=x path=/ persist
	jexec x perl -e 'open my $f, "<", "/dev/null"; my $x = "x" x (8 << 20);
	    $| = 1; print "ready\n"; sleep 100' >out &
	must_wait 5 test -s out
	atf_check -o match:'^maxproc=1$' -o match:'^nthr=1$' \
	    -o match:'^openfiles=4$' -o match:'^pcpu=[0-9]+$' \
	    -o match:'^datasize=[0-9]{7,}$' -o match:'^memoryuse=[0-9]{7,}$' \
	    rctl -u jail:x
	atf_check -o match:'^memoryuse=[0-9]*[.0-9][MK]$' rctl -hu jail:x
	pid=$(pgrep -n perl)
	atf_check -o match:'^openfiles=4$' -o not-match:'^nshm=' \
	    rctl -u "process:$pid"
	atf_check rctl -a jail:x:openfiles:deny=77/process
	atf_check rctl -a "process:$pid:openfiles:deny=33"
	atf_check -o inline:"process:$pid:openfiles:deny=33
jail:x:openfiles:deny=77/process\n" rctl -l "process:$pid"
	atf_check -o match:'^Max open files +33 +33' cat "/proc/$pid/limits"
	atf_check -s exit:1 -e match:"$LATER" rctl -l jail:x
	atf_check -s exit:1 -e match:"Invalid argument" rctl -l :
	kill "$pid"
	wait
	# rules of a process end with it
	atf_check -o inline:"jail:x:openfiles:deny=77/process\n" rctl
	atf_check -s exit:1 -e match:"No such process" rctl "process:$pid"
}

atf_test_case inside
inside_head()
{
	atf_set descr "A jail neither sees nor changes its own limits"
	atf_set timeout 60
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
inside_body()
{
	local p

	need_controller pids
	atf_check rctl -a jail:x:maxproc:deny=15 jail:x:openfiles:deny=30/process
	for p in "" children.max=3; do
		# shellcheck disable=SC2086 # none or one
		atf_check -o ignore jail -c name=x path=/ persist $p
		if [ -z "$p" ]; then
			atf_check -s exit:1 -e inline:"rctl: failed to add rule 'jail:y:nthr:deny=1': Operation not permitted\n" \
			    jexec x rctl -a jail:y:nthr:deny=1
			atf_check -e match:"Operation not permitted" \
			    jexec x rctl
		else
			atf_check jexec x rctl
			atf_check -s exit:1 -e match:"No such process" \
			    jexec x rctl -r :
		fi
		# nothing there lets it out: neither files nor cgroups
		cat >out.sh <<'END'
ulimit -Hn 31 2>/dev/null && echo "more files"
for f in $(find /sys/fs/cgroup -name pids.max); do
	echo max 2>/dev/null >"$f" && echo "wrote $f"
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	sleep 30 &
done 2>/dev/null
END
		atf_check -s ignore -o empty -e ignore \
		    jexec x sh -c "$(cat out.sh)"
		must_wait 5 test "$(cat "$(cgroup_file "$(jls -j x jid)" pids pids.current)")" -le 15
		atf_check -o match:"^15$" \
		    cat "$(cgroup_file "$(jls -j x jid)" pids pids.max)"
		atf_check -o ignore jail -r x
	done
}

atf_test_case parent
parent_head()
{
	atf_set descr "A jail's limits hold for its jails, whoever enters them"
	atf_set timeout 60
}
parent_body()
{
	need_controller pids
	atf_check rctl -a jail:a:maxproc:deny=30 jail:a:openfiles:deny=40/process
	atf_check -o ignore jail -c name=a path=/ persist children.max=3
	atf_check -o ignore jexec a jail -c name=b path=/ persist
	cat >bomb <<'END'
my $n = 0;
for (1..100) {
	my $pid = fork;
	if (!defined $pid) { print $n < 30 ? "stopped\n" : "$n\n"; exit }
	if (!$pid) { sleep 100; exit }
	$n++;
}
END
	atf_check -o inline:"stopped\n" jexec a.b perl -e "$(cat bomb)"
	pkill -x perl
	must_wait 5 sh -c '! pgrep -x perl'
	atf_check -o inline:"stopped\n" \
	    jexec a jexec b perl -e "$(cat bomb)"
	pkill -x perl
	atf_check -o inline:"40\n" jexec a.b sh -c 'ulimit -Hn'
	atf_check -o inline:"40\n" jexec a jexec b sh -c 'ulimit -Hn'
	atf_check -o ignore jail -r a
	v1_dirs >dirs
	atf_check -o empty cat dirs
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail limits its own jails; what limits it limits them"
	atf_set timeout 120
	vm_only "only cgroup2 controllers can be given to a jail"
}
nested_body()
{
	atf_check rctl -a jail:a:maxproc:deny=30
	atf_check -o ignore jail -c name=a path=/ persist children.max=3
	jexec a sleep 100 &
	must_wait 5 sh -c '[ "$(rctl -u jail:a | grep ^maxproc)" = maxproc=1 ]'
	atf_check -o ignore jexec a jail -c name=b path=/ persist
	atf_check jexec a rctl -a jail:b:maxproc:deny=10
	atf_check -o inline:"jail:b:maxproc:deny=10\n" jexec a rctl
	atf_check -o inline:"jail:a:maxproc:deny=30\n" rctl
	cat >bomb <<'END'
my $n = 0;
for (1..100) {
	my $pid = fork;
	if (!defined $pid) { print "$n\n"; exit }
	if (!$pid) { sleep 100; exit }
	$n++;
}
END
	# by the jail's own rule, whoever enters
	atf_check -o inline:"9\n" jexec a.b perl -e "$(cat bomb)"
	atf_check jexec a rctl -r jail:b
	atf_check -s exit:0 -o match:'^1[0-9]$' jexec a.b perl -e "$(cat bomb)"
	# what runs in `a` has moved aside, and jexec finds its way
	atf_check -o inline:"0::/self\n" jexec a cat /proc/self/cgroup
	atf_check -o ignore jail -r a
	wait
	find /sys/fs/cgroup -maxdepth 1 -name 'cellblock*' >left
	atf_check -o empty cat left
}

atf_test_case rc
rc_head()
{
	atf_set descr "rctl.conf: at boot, by service rctl, in a block"
}
rc_body()
{
	cat >/etc/rctl.conf <<'END'
# limits
jail:x:openfiles:deny=20/process	# few

  jail:y:openfiles:deny=30/process
#jail:z:openfiles:deny=40/process
END
	atf_check service rctl start
	atf_check -o inline:"jail:y:openfiles:deny=30/process
jail:x:openfiles:deny=20/process\n" rctl
	atf_check service rctl stop
	atf_check rctl
	echo 'rctl_enable=NO' >/etc/rc.conf
	atf_check -s exit:1 -o match:"^Cannot 'start' rctl" service rctl start
	atf_check service rctl onestart
	atf_check -o match:"jail:x" rctl
	atf_check rctl -r :
	echo 'rctl_rules=/etc/other' >/etc/rc.conf
	atf_check service rctl start
	echo 'jail:x:memoryuse:log=5' >/etc/other
	echo 'jail:w:openfiles:deny=5/process' >>/etc/other
	atf_check -s exit:1 -e match:"^service: /etc/other line 1: jail:x:memoryuse:log=5: $LATER" \
	    service rctl start
	atf_check -o inline:"jail:w:openfiles:deny=5/process\n" rctl
	atf_check rctl -r :
	mkdir -p lab
	echo 'jail_enable=YES' >lab/rc.conf
	echo 'jail:inner:openfiles:deny=21/process' >lab/rctl.conf
	echo 'inner { persist; path = /; }' >lab/jail.conf
	atf_check -o match:'rctl -a jail:inner:openfiles:deny=21/process' \
	    -e ignore cellblock up -n lab
	atf_check -o ignore -e ignore cellblock up lab
	atf_check -o inline:"21\n" jexec lab.inner sh -c 'ulimit -n'
	atf_check rctl
	atf_check -o inline:"jail:inner:openfiles:deny=21/process\n" \
	    jexec lab rctl
	atf_check -o ignore -e ignore cellblock down lab
}

atf_test_case crash
crash_head()
{
	atf_set descr "rctl and jails with rules, killed at every step, leave nothing"
	atf_set timeout 300
	vm_also "cgroup2 as the only hierarchy has the controllers"
}
crash_body()
{
	local cmd n step

	need_controller pids
	# emulated, in the time that CI has, some of the steps
	step=1
	[ -z "${CB_FEW:-}" ] || step=9
	box_state before
	for cmd in "rctl -a jail:x:nthr:deny=30" "jail -r x" \
	    "jail -c name=x path=/ persist"; do
		n=1
		while :; do
			if [ "$cmd" != "rctl -a jail:x:nthr:deny=30" ]; then
				atf_check rctl -a jail:x:nthr:deny=30
			fi
			if [ "${cmd#jail -c}" = "$cmd" ]; then
				atf_check -o ignore jail -c name=x path=/ persist
			fi
			CELLBLOCK_DIE_AT=$n $cmd >/dev/null 2>&1
			[ $? = 137 ] || break
			# whatever came of it, the next command goes on
			if jls -j x name >/dev/null 2>&1; then
				atf_check rctl -a jail:x:nthr:deny=31
				atf_check -o inline:"31\n" \
				    cat "$(cgroup_file "$(jls -j x jid)" pids pids.max)"
				atf_check -o ignore jail -r x
			fi
			rctl -r : 2>/dev/null
			cellblock doctor --repair >/dev/null 2>&1
			v1_dirs >dirs
			atf_check -o empty cat dirs
			n=$((n + step))
			[ "$n" -lt 200 ] || atf_fail "no end of steps"
		done
		[ "$n" -gt 3 ] || atf_fail "$cmd: only $n steps"
		jls -j x name >/dev/null 2>&1 && jail -r x
		rctl -r : 2>/dev/null
	done
	box_same before
}

atf_init_test_cases()
{
	atf_add_test_case rules
	atf_add_test_case refused
	atf_add_test_case maxproc
	atf_add_test_case memory
	atf_add_test_case files
	atf_add_test_case pcpu
	atf_add_test_case running
	atf_add_test_case ratelimit
	atf_add_test_case ipc
	atf_add_test_case ptys
	atf_add_test_case names
	atf_add_test_case usage
	atf_add_test_case inside
	atf_add_test_case parent
	atf_add_test_case nested
	atf_add_test_case rc
	atf_add_test_case crash
}

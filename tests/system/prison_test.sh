#! /usr/bin/env atf-sh
# The life of jails: what they consist of, how they end, jails in jails, and
# what a jail's root can make the outside believe.
. "$(atf_get_srcdir)/common.sh" || exit

# life JID KEY: the pid that the registry has for it
life()
{
	sed -n "s/^$2 = \"\([0-9]*\)\".*/\1/p" "/run/cellblock/jails/$1/life"
}

# An epair that was away once: what is kept about its unit is there from now.
lend_once()
{
	atf_check -o ignore ifconfig epair create
	atf_check jail -c name=x vnet persist vnet.interface=epair0b
	atf_check jail -r x
}

gone()
{
	! jls -j "$1" name >/dev/null 2>&1
}

atf_test_case lifecycle
lifecycle_head()
{
	atf_set descr "Made, looked at, removed: nothing is left"
	vm_also "users, cgroups and mounts on 6.1"
}
lifecycle_body()
{
	box_state before
	atf_check jail -c name=x vnet persist host.hostname=inside
	atf_check -o inline:"1 x /\n" jls -j x jid name path
	atf_check -o inline:"inside\n" jexec x hostname
	atf_check -o inline:"1\n" jexec x sh -c 'echo $(ls -d /proc/[0-9]* |
	    grep -c /proc/1$)'
	# its first process is small
	atf_check -o match:"^VmRSS:.* [0-9]{1,2} kB" \
	    grep VmRSS "/proc/$(life 1 init)/status"
	atf_check jail -r x
	box_same before
}

atf_test_case ends_with_processes
ends_with_processes_head()
{
	atf_set descr "Without persist a jail ends with its last process"
	vm_also "users, cgroups and mounts on 6.1"
}
ends_with_processes_body()
{
	box_state before
	atf_check jail -c name=x vnet persist
	jexec x sleep 60 &
	must_wait 5 pgrep -x sleep
	atf_check jail -m name=x nopersist
	atf_check -o inline:"x\n" jls -j x name
	pkill -x sleep
	must_wait 5 gone x
	wait
	box_same before
	# one that has none ends at once
	atf_check jail -c name=y persist
	atf_check -o ignore jail -m name=y nopersist
	atf_check -s exit:1 -e inline:"jls: jail \"y\" not found\n" \
	    jls -j y name
	box_same before
}

atf_test_case killed
killed_head()
{
	atf_set descr "Killed from outside: interfaces come home, with and without the keeper"
}
killed_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check jail -c name=x vnet persist vnet.interface=epair0b
	atf_check -s exit:1 -e ignore ifconfig epair0b
	kill -9 "$(life 1 init)"
	must_wait 5 ifconfig epair0b
	must_wait 5 gone x
	# now the keeper, too: the next command does it
	atf_check jail -c name=x vnet persist vnet.interface=epair0b
	j=$(jls -j x jid)
	kill -9 "$(life "$j" keeper)"
	init=$(life "$j" init)
	kill -9 "$init"
	must_wait 5 sh -c "! kill -0 $init"
	atf_check -s exit:1 -e ignore ifconfig epair0b
	atf_check -o empty jls name
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check ifconfig epair0a destroy
}

atf_test_case renamed
renamed_head()
{
	atf_set descr "Renamed inside, or its name taken at home: it comes back"
}
renamed_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check jail -c name=x vnet persist vnet.interface=epair0b
	atf_check jexec x ip link set epair0b name other0
	# the jail's root puts something else under the old name
	atf_check jexec x ip link add epair0b type veth peer name decoy
	mac=$(jexec x cat /sys/class/net/other0/address)
	atf_check jail -r x
	atf_check -o inline:"$mac\n" cat /sys/class/net/epair0b/address
	atf_check jail -c name=x vnet persist vnet.interface=epair0b
	atf_check ip link add epair0b type veth peer name taken
	atf_check -e match:"epair0b is back as epair0b_1" jail -r x
	atf_check -o inline:"$mac\n" cat /sys/class/net/epair0b_1/address
}

atf_test_case nested
nested_head()
{
	atf_set descr "Three levels: names, jids, limits, removal, interfaces"
	vm_also "users, cgroups and mounts on 6.1"
}
nested_body()
{
	lend_once
	box_state before
	atf_check jail -c name=a vnet persist children.max=4
	atf_check jexec a jail -c name=b vnet persist children.max=2
	atf_check jail -c name=a.b.c vnet persist
	atf_check -o inline:"a\na.b\na.b.c\n" jls name
	atf_check -o inline:"b\nb.c\n" jexec a jls name
	atf_check -o inline:"c\n" jexec a.b jls name
	atf_check -o inline:"2\n" jls -j a children.cur
	# jids are the same from everywhere
	atf_check -o inline:"$(jls -j a.b.c jid)\n" jexec a.b jls jid
	# limits
	atf_check jexec a.b jail -c name=d persist
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec a.b jail -c name=e persist
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted\n" \
	    jexec a.b.c jail -c name=f persist
	# an interface goes all the way in, and comes all the way back
	atf_check ifconfig epair0b vnet a.b.c
	atf_check -o match:"^epair0b: " jexec a.b.c ifconfig epair0b
	atf_check jail -r a
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check -o empty jls name
	box_same before
}

atf_test_case nested_killed
nested_killed_head()
{
	atf_set descr "A parent killed from outside: its jails' interfaces come home"
	vm_also "users, cgroups and mounts on 6.1"
}
nested_killed_body()
{
	lend_once
	box_state before
	atf_check jail -c name=a vnet persist children.max=4
	atf_check jail -c name=a.b vnet persist children.max=2
	atf_check jail -c name=a.b.c vnet persist
	atf_check ifconfig epair0b vnet a.b.c
	kill -9 "$(life "$(jls -j a jid)" init)"
	must_wait 5 ifconfig epair0b
	must_wait 5 gone a
	box_same before
}

atf_test_case liar
liar_head()
{
	atf_set descr "A jail that writes nonsense into its registry fools nobody"
}
liar_body()
{
	atf_check jail -c name=a vnet persist children.max=4
	atf_check jexec a jail -c name=b persist
	b=$(jls -j a.b jid)
	# a name that would steer the terminal, another's jid, pid 1 of the box
	atf_check jexec a sh -c "cd /run/cellblock/jails &&
	    cp -r $b 77 && cp -r $b $((b + 1)) &&
	    sed -i 's/name = .*/name = \"\\\\033]0;x\\\\007\";/' $b/params &&
	    sed -i 's/init = .*/init = \"1\", \"0\";/' $b/life"
	atf_check -o save:list jls name
	atf_check -s exit:1 grep -q "$(printf '\033')" list
	atf_check -s exit:1 -e ignore jls -j 77 name
	# no process: it is not shown
	atf_check -s exit:1 -e ignore jls -j $((b + 1)) name
	# the registry replaced by a link to the machine's, and worse
	atf_check jexec a sh -c 'cd /run/cellblock && mv jails j2 &&
	    ln -s /etc jails && mkfifo fifo && mv fifo self2'
	atf_check -o inline:"a\n" jls name
	atf_check jexec a sh -c 'cd /run/cellblock && rm jails && mv j2 jails &&
	    rm jails/*/params && mkfifo jails/'"$b"'/params'
	atf_check -o inline:"a\n" jls name
	atf_check jail -r a
	atf_check -o empty jls name
}

atf_test_case isolation
isolation_head()
{
	atf_set descr "What a jail's root finds: own mounts, few capabilities, no way to the registry"
	vm_also "users, cgroups and mounts on 6.1"
}
isolation_body()
{
	atf_check jail -c name=other vnet persist
	atf_check jail -c name=x vnet persist
	atf_check -s not-exit:0 -o ignore -e ignore \
	    jexec x ls /run/cellblock/jails
	# other jails' pinned vnets are not held by this one's mounts
	atf_check -s exit:1 jexec x grep -q nsfs /proc/self/mountinfo
	atf_check -s not-exit:0 -e ignore jexec x mount -t tmpfs t /mnt
	atf_check -s not-exit:0 -e ignore jexec x mknod /tmp/disk b 254 0
	atf_check -s not-exit:0 -e ignore \
	    jexec x touch /run/cellblock/rt/bin/evil
	atf_check -s not-exit:0 -e ignore jexec x sh -c 'echo >/proc/1/mem'
	atf_check -s not-exit:0 -o ignore -e ignore \
	    jexec x readlink /proc/1/exe
	# no descriptor of ours goes in; 3 is the one that ls itself opens
	atf_check -o inline:"0\n1\n2\n3\n" jexec x ls /proc/self/fd 7</etc/shadow
}

atf_test_case liar_dead
liar_dead_head()
{
	atf_set descr "What a jail left behind holds nobody up when it has died"
	atf_set timeout 60
}
liar_dead_body()
{
	atf_check jail -c name=a vnet persist children.max=5
	atf_check jexec a jail -c name=b vnet persist
	b=$(jexec a jls -j b jid)
	# where its children's vnets are pinned: a pipe that nobody writes to
	atf_check jexec a sh -c "mkdir /tmp/new /tmp/new/$b &&
	    cp /run/cellblock/jails/$b/params /run/cellblock/jails/$b/life \
		/tmp/new/$b && mkfifo /tmp/new/$b/net /tmp/new/$b/mnt &&
	    mv /run/cellblock/jails /run/cellblock/j2 &&
	    cp -a /tmp/new /run/cellblock/jails &&
	    rm -r /tmp/new"
	# a cgroup that a lister would pass over
	atf_check jexec a mkdir /sys/fs/cgroup/.x
	kill -9 "$(sed -n 's/^init = "\([0-9]*\)".*/\1/p' \
	    /run/cellblock/jails/*/life)"
	must_wait 10 sh -c "! test -e /run/cellblock"
}

atf_test_case mount_options
mount_options_head()
{
	atf_set descr "Options of mount lines do what they say, or are refused"
}
mount_options_body()
{
	mkdir /tmp/src /tmp/at
	atf_check jail -c name=x vnet persist \
	    'mount=/tmp/src /tmp/at nullfs ro,noatime 0 0'
	atf_check -o match:" /tmp/at ro,[a-z,]*noatime[, ]" \
	    jexec x grep ' /tmp/at ' /proc/self/mountinfo
	atf_check jail -r x
	atf_check -s exit:1 \
	    -e inline:"jail: mount: /tmp/at: mount option <frobnicate> is unknown\n" \
	    jail -c name=x vnet persist \
	    'mount=/tmp/src /tmp/at nullfs rw,frobnicate 0 0'
}

atf_test_case many
many_head()
{
	atf_set descr "Fifty at once, and all gone again"
	atf_set timeout 120
}
many_body()
{
	box_state before
	for i in $(seq 50); do
		jail -c name=j$i vnet persist || atf_fail "j$i"
	done
	atf_check -o inline:"50\n" sh -c 'jls name | wc -l'
	atf_check -o ignore jail -r '*'
	box_same before
}

atf_test_case foreign_proc
foreign_proc_head()
{
	atf_set descr "With another pid namespace's /proc nothing is made"
	vm_also "users, cgroups and mounts on 6.1"
}
foreign_proc_body()
{
	atf_check -s exit:1 \
	    -e inline:"jail: /proc is of another pid namespace: mount it anew\n" \
	    unshare -p --fork jail -c name=x vnet persist
	atf_check -s exit:1 -e ignore jls -j x
	atf_check jail -c name=x vnet persist
	atf_check jail -r x
}

atf_test_case at_once
at_once_head()
{
	atf_set descr "Many commands at once, the registry coming and going"
	atf_set timeout 60
}
# Makes and removes a jail of its own; says what went wrong.
one_life()
{
	jail -c name="$1" persist vnet || echo "$1: not created"
	jexec "$1" true || echo "$1: not entered"
	jail -r "$1" || echo "$1: not removed"
}
at_once_body()
{
	local i round

	box_state before
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for i in 1 2 3 4 5 6; do
			one_life "j$i" &
		done
		wait
	done >out 2>&1
	atf_check cat out
	box_same before
	# of several that want the same name one gets it
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for i in 1 2 3; do
			jail -c name=same persist 2>/dev/null && echo made &
		done >out
		wait
		atf_check -o inline:"made\n" cat out
		# who removes it with others finds it gone, or never there
		for i in 1 2 3; do
			jail -R same 2>&1 || : &
		done >out
		wait
		atf_check -s exit:1 -o empty \
		    grep -v 'jail: "same" not found' out
	done
	box_same before
}

atf_test_case again
again_head()
{
	atf_set descr "A jail of the same name right after one died of itself"
	atf_set timeout 60
}
again_body()
{
	local i n

	atf_check -o ignore ifconfig epair create
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		atf_check jail -c name=x vnet persist vnet.interface=epair0b
		kill -9 "$(life "$(jls -j x jid)" init)"
		n=0
		while jls -j x name >/dev/null 2>&1; do
			n=$((n + 1))
			[ $n -lt 5000 ] || atf_fail "it stays"
		done
	done
	must_wait 5 ifconfig epair0b
}

atf_test_case between
between_head()
{
	atf_set descr "A jail starts while another one's removal stands still, at each of its steps"
	atf_set timeout 120
}
is_stopped()
{
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	T | Z | '') ;;
	*) return 1 ;;
	esac
}
# It is through, or waits for a lock.
is_through()
{
	! kill -0 "$1" 2>/dev/null || grep -q -- '-> *FLOCK' /proc/locks
}
between_body()
{
	local n maker remover stood

	atf_check -o ignore ifconfig epair create
	lend_once
	box_state before
	stood=1
	n=0
	while [ -n "$stood" ]; do
		n=$((n + 1))
		[ $n -lt 100 ] || atf_fail "no end of steps"
		atf_check jail -c name=x vnet persist
		CELLBLOCK_STOP_AT=$n jail -r x >removed 2>&1 &
		remover=$!
		must_wait 10 is_stopped $remover
		kill -0 $remover 2>/dev/null || stood=
		jail -c name=y vnet persist vnet.interface=epair0b \
		    >made 2>&1 &
		maker=$!
		must_wait 10 is_through $maker
		kill -CONT $remover 2>/dev/null || :
		wait $maker || atf_fail "step $n: y: $(cat made)"
		wait $remover || atf_fail "step $n: x: $(cat removed)"
		atf_check -o match:"^epair0b" jexec y ifconfig epair0b
		atf_check -o inline:"y\n" jls name
		atf_check jail -r y
	done
	[ $n -gt 8 ] || atf_fail "only $n steps"
	box_same before
}

atf_test_case subids
subids_head()
{
	atf_set descr "A jail's users are of what /etc/subuid and subgid give cellblock"
}
# ids NAME: where its users begin, and its groups
ids()
{
	local init

	init=$(life "$(jls -j "$1" jid)" init)
	awk '{ print $2 "+" $3 }' "/proc/$init/uid_map" \
	    "/proc/$init/gid_map" | xargs
}
subids_body()
{
	cp -a /etc etc
	mount --bind etc /etc
	# one slot, none, two
	printf '%s\n' root:1:65536 cellblock:500000:65540 cellblock:7:9 \
	    cellblock:0:65536 cellblock:x:65536 cellblock:700000:131072 \
	    >/etc/subuid
	printf '%s\n' cellblock:900000:131072 >/etc/subgid
	atf_check jail -c jid=1 name=a persist
	atf_check_equal "500000+65536 900000+65536" "$(ids a)"
	atf_check jail -c jid=2 name=b persist
	atf_check_equal "700000+65536 965536+65536" "$(ids b)"
	# the third of users has no groups
	atf_check -s exit:1 -e inline:"jail: no user ids left for another \
jail: 2 jails have all that /etc/subuid and /etc/subgid give \"cellblock\"\n" \
	    jail -c jid=3 name=c persist
	atf_check jail -r a
	atf_check jail -c jid=4 name=c persist
	atf_check_equal "500000+65536 900000+65536" "$(ids c)"
	atf_check jail -r c
	# without a line: the default
	: >/etc/subuid
	atf_check jail -c jid=1 name=a persist
	atf_check_equal "1879048192+65536 900000+65536" "$(ids a)"
}

atf_test_case uncovered
uncovered_head()
{
	atf_set descr "A jail that takes its registry away does not act on ours"
}
uncovered_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check jail -c name=other persist
	atf_check jail -c name=p vnet persist children.max=3 \
	    vnet.interface=epair0b
	jexec p umount -l /run/cellblock || atf_skip "it cannot"
	atf_check -s exit:1 -e ignore jail -c name=p.x persist
	atf_check -e match:"/run/cellblock/self" jail -r p
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check -o inline:"other\n" jls name
}

atf_test_case no_space
no_space_head()
{
	atf_set descr "No space for the registry, at any point: told, undone; what runs can be removed"
	atf_set timeout 60
}
no_space_body()
{
	local n

	atf_check -o ignore ifconfig epair create
	rm -rf /run/cellblock
	box_state before
	for n in 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		mkdir -p /run/cellblock
		mount -t tmpfs -o size=64k,nr_inodes=$n tiny /run/cellblock
		if jail -c name=a vnet persist vnet.interface=epair0b 2>err
		then
			# fill what is left; removal needs no space
			(
				cd /run/cellblock || exit
				i=0
				while : 2>/dev/null >fill$i; do
					i=$((i + 1))
				done
			) 2>/dev/null
			atf_check jail -r a
		else
			atf_check -o match:"No space left on device" cat err
		fi
		atf_check -o empty jls name
		atf_check -o match:"^epair0b" ifconfig epair0b
		umount -q /run/cellblock 2>/dev/null
		rm -rf /run/cellblock
		box_same before
	done
}

atf_init_test_cases()
{
	atf_add_test_case foreign_proc
	atf_add_test_case lifecycle
	atf_add_test_case ends_with_processes
	atf_add_test_case killed
	atf_add_test_case renamed
	atf_add_test_case nested
	atf_add_test_case nested_killed
	atf_add_test_case liar
	atf_add_test_case liar_dead
	atf_add_test_case mount_options
	atf_add_test_case isolation
	atf_add_test_case many
	atf_add_test_case at_once
	atf_add_test_case again
	atf_add_test_case between
	atf_add_test_case subids
	atf_add_test_case uncovered
	atf_add_test_case no_space
}

#! /usr/bin/env atf-sh
# What a jail's root puts into its own /run/cellblock, which host commands
# read: links, fifos, devices, huge and endless files, texts.  No command may
# follow, hang, crash, or say what the host's files hold.
. "$(atf_get_srcdir)/common.sh" || exit

# Host commands that look into a jail's registry, and the longest they may
# take on a busy or an emulated machine.
LIMIT=$((60 * ${CB_SLOW:-1}))
looks()
{
	cat <<-'END'
	jls
	jls -v
	jls -d -s
	jls --libxo json
	jls -j a
	jls -j a.b
	jls -n -j a children.cur
	cellblock status
	cellblock map
	cellblock doctor
	ifconfig -j a
	jexec a true
	jexec a.b true
	jail -m name=a host.hostname=other
	END
}

# judge_looks: every command, one after the other; the verdict.
judge_looks()
{
	local status cmd

	looks >commands
	while read -r cmd; do
		timeout -k 1 $LIMIT $cmd >looks.out 2>&1 </dev/null
		status=$?
		if [ $status -ge 124 ]; then
			cat looks.out
			echo "escaped: '$cmd' hangs or crashes (status $status)"
			return
		fi
		if grep -q "$(printf '\033')" looks.out; then
			cat -v looks.out
			echo "escaped: '$cmd' steers the terminal"
			return
		fi
		if grep -q 'secret of the host' looks.out; then
			cat looks.out
			echo "escaped: '$cmd' tells what the host's file holds"
			return
		fi
	done <commands
	if ! [ "$(cat /tmp/secret)" = "a secret of the host" ]; then
		echo "escaped: the host's file was changed"
		return
	fi
	echo "held: $(grep -c . commands) commands are not impressed"
}

# The naive way to a jail's file, by path and to its end.
naive_look()
{
	local status

	timeout 2 tail -n 1 "/proc/$(init_pid a)/root/run/cellblock/$1" \
	    >looks.out
	status=$?
	if [ $status = 124 ]; then
		echo "escaped: it hangs"
	elif grep -q 'secret of the host' looks.out; then
		echo "escaped: the host's file was read"
	elif grep -q "$(printf '\033')" looks.out; then
		echo "escaped: it steers the terminal"
	else
		echo "held: status $status"
	fi
}

# The same with all that is in it.
naive_look_through()
{
	if timeout 2 cksum "/proc/$(init_pid a)/root/run/cellblock/$1"; then
		echo "held: read to its end"
	else
		echo "escaped: it hangs"
	fi
}

family()
{
	echo "a secret of the host" >/tmp/secret
	plain_jail a vnet children.max=4
	jexec a jail -q -c name=b vnet persist ||
	    atf_fail "a nested jail: jail -c"
	B=$(jls -j a.b jid)
}

# Files of a registry that somebody reads.
files()
{
	cat <<-END
	self
	lock
	env
	hostuuid
	jails
	jails/$B
	jails/$B/params
	jails/$B/life
	names
	names/b
	ranges
	pending
	pending/$B
	if
	if/units
	sysctl
	rc
	rc/made
	blocks
	END
}

# replaced KIND TEXT: each file in turn by what the shell TEXT makes at "$f".
# $secret is the host's file, for a link that is followed from outside.
replaced()
{
	local f

	files >files.list
	while read -r f; do
		KIND="$1 at $f"
		jexec a sh -c "cd /run/cellblock || exit
		    f=$f secret=/tmp/secret
		    mkdir -p \"\${f%/*}\" 2>/dev/null; rm -f x; rm -rf kept
		    mv \"\$f\" kept 2>/dev/null
		    $2
		    :" </dev/null || atf_fail "$KIND: preparation"
		must_hold judge_looks
		jexec a sh -c "cd /run/cellblock || exit
		    umount $f 2>/dev/null; rm -rf $f; ! [ -e kept ] || mv kept $f" </dev/null ||
		    atf_fail "$KIND: back"
	done <files.list
	KIND=
	# the jail ends, whatever is there
	jexec a sh -c "cd /run/cellblock && f=jails && mv \$f kept
	    secret=/tmp/secret
	    $2" </dev/null
	timeout -k 1 $LIMIT jail -r a >removed.out 2>&1 ||
	    { cat removed.out; atf_fail "jail -r with $1 at jails"; }
	atf_check -o empty jls name
}

atf_test_case links
links_head()
{
	atf_set descr "Symbolic links in a jail's registry are not followed"
	atf_set timeout 300
}
links_body()
{
	family
	jexec a ln -s /tmp/secret /run/cellblock/x
	# where the jail's root is another, that is the host's file
	jexec a mount -t tmpfs none /tmp 2>/dev/null
	must_escape naive_look x
	replaced link "ln -s \$secret \$f"
}

atf_test_case fifos
fifos_head()
{
	atf_set descr "Fifos in a jail's registry hold nobody up"
	atf_set timeout 300
}
fifos_body()
{
	family
	jexec a mkfifo /run/cellblock/x
	must_escape naive_look x
	replaced fifo "mkfifo \$f"
}

atf_test_case huge
huge_head()
{
	atf_set descr "Huge files and endless directories in a jail's registry"
	atf_set timeout 300
}
huge_body()
{
	family
	# sparse, and larger than all memory
	jexec a truncate -s 1T /run/cellblock/x
	must_escape naive_look_through x
	replaced hole "truncate -s 1T \$f"
	family
	replaced crowd "$ESC/clutter wide \$f 10000"
	family
	replaced depth "$ESC/clutter deep \$f 1000"
}

atf_test_case texts
texts_head()
{
	atf_set descr "Texts that lie, steer the terminal, or go on for ever"
	atf_set timeout 300
}
texts_body()
{
	family
	jexec a sh -c 'printf "\\033]0;x\\007" >/run/cellblock/x'
	must_escape naive_look x
	replaced escapes "printf 'name = \"\\033]0;x\\007\";\\033[2J\\n' >\$f"
	family
	replaced words "printf 'init = \"1\", \"0\";\nkeeper = \"1\", \"0\";\ncgroup = \"/sys/fs/cgroup\";\nlo = 1; hi = 999999;\njid = 1; name = \"../../etc\";\npath = \"/tmp/secret\";\n' >\$f"
	family
	replaced include "printf '.include \"/tmp/secret\";\n\$x = \"\${x}\${x}\${x}\";\na { \${x}; }\n' >\$f"
	family
	replaced zeros "head -c 100000 /dev/zero >\$f"
	family
	replaced braces "head -c 60000 /dev/zero | tr '\\\\0' '{' >\$f"
}

# A registry of devices needs a jail that may make nodes, or be given one.
atf_test_case nodes
nodes_head()
{
	atf_set descr "Sockets, and devices where a jail can make them"
	atf_set timeout 300
}
nodes_body()
{
	family
	# it makes no nodes, but mounts of what it has been given
	jexec a sh -c 'cd /run/cellblock; : >x; mount --bind /dev/zero x'
	must_escape naive_look_through x
	jexec a umount /run/cellblock/x
	replaced device ": >\$f; mount --bind /dev/zero \$f"
	family
	replaced socket "$ESC/clutter socket \$f 1"
}

atf_init_test_cases()
{
	for c in links fifos huge texts nodes; do
		atf_add_test_case $c
	done
}

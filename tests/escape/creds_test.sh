#! /usr/bin/env atf-sh
# Rights that whoever starts something in a jail leaves it: groups,
# capabilities, environment, terminal, a place outside the jail's cgroup.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case groups
groups_head()
{
	atf_set descr "The caller's supplementary groups do not come along (CVE-2022-2995)"
}
groups_body()
{
	weak_jail w path=/
	echo secret >/tmp/group-file
	chgrp 4242 /tmp/group-file
	chmod 040 /tmp/group-file
	must_escape setpriv --groups 0,4242 \
	    "$ESC/naive" -g -u 65534 "$(init_pid w)" \
	    "$ESC/reach" read /tmp/group-file
	must_escape setpriv --groups 0,4242 \
	    "$ESC/naive" -g "$(init_pid w)" "$ESC/creds" groups 4242
	jail -r w
	each_jail groups_held
}
groups_held()
{
	local u

	for u in "" "-u daemon" "-U daemon" "-l"; do
		must_hold setpriv --groups 0,4242 \
		    jexec $u "$1" "$ESC/creds" groups 4242
	done
	[ -n "$ROOT" ] || must_hold setpriv --groups 0,4242 \
	    jexec -u daemon "$1" "$ESC/reach" read /tmp/group-file
	must_hold setpriv --groups 0,4242 jail -q -c name=e $KIND \
	    exec.start="$ESC/creds groups 4242"
}

atf_test_case inheritable
inheritable_head()
{
	atf_set descr "No inheritable or ambient capabilities for users without rights (CVE-2022-27650)"
}
inheritable_body()
{
	# the box's /tmp gives no rights to programs
	mkdir -p /tmp/suid
	mount -t tmpfs -o mode=755 suid /tmp/suid
	cp "$ESC/creds" /tmp/suid/marked
	"$ESC/creds" setcap /tmp/suid/marked
	weak_jail w path=/
	must_escape "$ESC/naive" -i -u 65534 "$(init_pid w)" \
	    "$ESC/creds" inherit /tmp/suid/marked
	jail -r w
	each_jail inheritable_held
}
inheritable_held()
{
	local who CAPS

	CAPS=+chown,+dac_override,+sys_admin
	if [ -n "$ROOT" ]; then
		mkdir -p "$ROOT/tmp/suid"
		cp "$ESC/creds" "$ROOT/tmp/suid/marked"
		"$ESC/creds" setcap "$ROOT/tmp/suid/marked"
	fi
	for who in "-u nobody" "-U nobody"; do
		# a caller that has them to leave
		must_hold setpriv --inh-caps $CAPS --ambient-caps $CAPS \
		    jexec $who "$1" "$ESC/creds" inherit /tmp/suid/marked
	done
	atf_check -o inline:"CapInh:	0000000000000000\nCapAmb:	0000000000000000\n" \
	    setpriv --inh-caps $CAPS --ambient-caps $CAPS \
	    jexec "$1" grep -E 'Cap(Inh|Amb)' /proc/self/status
}

atf_test_case cgroup
cgroup_head()
{
	atf_set descr "No process of the jail is outside its cgroup, not even at its start"
}
cgroup_body()
{
	weak_jail w path=/
	must_escape "$ESC/naive" -c "$(tree w)/cgroup.procs" \
	    "$(init_pid w)" "$ESC/creds" cgroup
	jail -r w
	each_jail cgroup_held
	each_jail cgroup_held children.max=1
}
cgroup_held()
{
	must_hold jexec "$1" "$ESC/creds" cgroup
	must_hold jexec -u nobody "$1" "$ESC/creds" cgroup
	must_hold jail -q -c name=e $KIND exec.start="$ESC/creds cgroup"
	# as the box sees it
	jexec "$1" sleep 100 &
	must_wait 5 pgrep -f '^sleep 10[0]'
	atf_check -o match:"^$(pgrep -f '^sleep 10[0]')\$" \
	    cat "$(tree "$1")/cgroup.procs"
	pkill -f '^sleep 10[0]'
	wait
}

tree()
{
	echo "$(sed -n 's/^cgroup = "\(.*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j "$1" jid)/life")/tree"
}

atf_test_case environment
environment_head()
{
	atf_set descr "What the caller's environment holds stays with the caller"
}
environment_body()
{
	ESCAPE_SECRET=open-sesame
	export ESCAPE_SECRET
	weak_jail w path=/
	must_escape "$ESC/naive" "$(init_pid w)" "$ESC/reach" text open- sesame
	jail -r w
	each_jail environment_held
}
environment_held()
{
	# without -l and without exec.clean it is passed on, as on FreeBSD
	must_hold jexec -l "$1" "$ESC/reach" text open- sesame
	must_hold jail -q -c name=e $KIND exec.clean \
	    exec.start="$ESC/reach text open- sesame"
	must_hold jail -q -c name=e $KIND exec.clean \
	    command="$ESC/reach" text open- sesame
}

atf_test_case terminal
terminal_head()
{
	atf_set descr "A process left behind does not read the host's terminal"
}
terminal_body()
{
	weak_jail w path=/
	must_escape "$ESC/ttysteal" on "$ESC/naive" "$(init_pid w)" \
	    "$ESC/ttysteal" take
	jail -r w
	each_jail terminal_held
}
terminal_held()
{
	must_hold "$ESC/ttysteal" on jexec "$1" "$ESC/ttysteal" take
	must_hold "$ESC/ttysteal" on jexec -l -u nobody "$1" \
	    "$ESC/ttysteal" take
	must_hold "$ESC/ttysteal" on jail -q -c name=e $KIND persist \
	    exec.start="$ESC/ttysteal take"
	jail -r e
}

atf_init_test_cases()
{
	for c in groups inheritable cgroup environment terminal; do
		atf_add_test_case $c
	done
}

#! /usr/bin/env atf-sh
# Commands that scripts for FreeBSD call: daemon(8), jot(1), and those with
# Linux's names and FreeBSD's flags.
. "$(atf_get_srcdir)/common.sh" || exit

gone()
{
	! kill -0 "$1"
}

runs()
{
	[ "$(wc -l <runs)" -ge "$1" ]
}

atf_test_case daemon
daemon_head()
{
	atf_set descr "daemon: pid files, output, restarts, users, errors"
}
daemon_body()
{
	atf_check daemon -f -p c.pid -P p.pid -o log \
	    sh -c 'echo out; echo err >&2; while :; do sleep 0.1; done'
	must_wait 5 test -s c.pid
	parent=$(cat p.pid) child=$(cat c.pid)
	atf_check -o inline:"daemon: sh[$child]" sh -c \
	    "tr -d '\\0' </proc/$parent/cmdline"
	atf_check -o inline:"daemon\n" cat "/proc/$parent/comm"
	must_wait 5 grep -q err log
	atf_check -o inline:"out\nerr\n" cat log
	# the second sees the first
	atf_check -s exit:3 \
	    -e inline:"daemon: process already running, pid: $parent\n" \
	    daemon -P p.pid true
	# SIGTERM goes to the child, and both end
	atf_check kill "$parent"
	must_wait 5 gone "$parent"
	atf_check -s exit:1 -e ignore kill -0 "$child"
	atf_check test ! -e c.pid -a ! -e p.pid
	# what goes wrong is said where it was called, and nothing stays
	atf_check -s exit:1 \
	    -e inline:"daemon: /nonexistent: No such file or directory\n" \
	    daemon /nonexistent
	atf_check -s exit:1 -e match:'No such file' \
	    daemon -p c.pid /nonexistent
	atf_check test ! -e c.pid
	atf_check -s exit:1 -e inline:"daemon: unknown user: nosuch\n" \
	    daemon -u nosuch true
	atf_check -s exit:6 -e inline:"daemon: invalid restart delay\n" \
	    daemon -R 0 true
	atf_check -s exit:4 -e ignore daemon -s nosuch true
	atf_check -s exit:1 -e match:'^usage: daemon ' daemon -f
	# restarts; a mask; another user; a title
	chmod 777 .
	atf_check daemon -r -P p.pid -m 1 -o log2 -t mytitle -u nobody \
	    sh -c 'echo run >>runs; id -un; echo no >&2' 2>/dev/null
	must_wait 10 runs 2
	atf_check -o match:'^mytitle' sh -c "cat /proc/$(cat p.pid)/cmdline"
	parent=$(cat p.pid)
	kill "$parent"
	must_wait 5 gone "$parent"
	atf_check -o match:"^nobody$" -o not-match:"^no$" cat log2
	# nobody stays where there is nothing to do
	atf_check daemon -f sleep 1000
	must_wait 5 pgrep -x sleep
	atf_check -s exit:1 pgrep -x daemon
}

atf_test_case jot
jot_head()
{
	atf_set descr "jot: any three of four, characters, formats, errors"
}
jot_body()
{
	while read -r want args; do
		eval "set -- $args"
		got=$(jot "$@" 2>&1 | tr '\n' ,)
		[ "$got" = "$want" ] || atf_fail "jot $args: $got, not $want"
	done <<'EOF2'
1,2,3, 3
1,6,10, 3 1 10
1,4,7,10, - 1 10 3
7,8,9,10, 4 - 10
2,7,12, 3 2 - 5
a,b,c, -c 3 a
xaa,xab, -w xa%c 2 a
yes,yes, -b yes 2
10,50,90,130, -s , - 10 132 40
1;2, -s ';' 2
12 -n -s '' 2
0.25,1.25, 2 0.25
-1.0,0.0,1.0, 3 -1 1.0
1.00,1.50,2.00, -p 2 3 1 2
0x05,0x06, -w 0x%02x 2 5
5,5, -r 2 5 5
EOF2
	atf_check -s exit:1 -e inline:"jot: impossible stepsize\n" jot - 5 1 1
	atf_check -s exit:1 -e inline:"jot: bad reps value: x\n" jot x
	atf_check -s exit:1 \
	    -e inline:"jot: illegal or unsupported format '%s'\n" jot -w %s 2
	atf_check -s exit:1 -e inline:"jot: illegal or unsupported format '%'\n" \
	    jot -w % 2
	atf_check -s exit:1 -e inline:"jot: too many conversions\n" \
	    jot -w %d%d 2
	atf_check -s exit:1 -e inline:"jot: range error in conversion\n" \
	    jot -c 1 300
	atf_check -s exit:1 -e match:'^usage: jot ' jot
	atf_check -s exit:1 -e match:'^usage: jot ' jot 1 2 3 4 5
	atf_check -o match:'^[1-9]$' jot -r 1 1 9
	# no end is an end for who has read enough
	atf_check -o inline:"1\n" sh -c 'jot 0 | head -n 1'
}

atf_test_case stat
stat_head()
{
	atf_set descr "stat: FreeBSD's formats; Linux's flags go through"
}
stat_body()
{
	PATH=$CB_BUILD/rt/scripts:$PATH
	printf 12345 >file
	chmod 4750 file
	touch -d '2026-01-02 03:04:05.678Z' file
	ln -s file link
	while read -r want format; do
		got=$(stat -t %Y-%m-%d -f "$format" file)
		[ "$got" = "$want" ] || atf_fail "$format: $got, not $want"
	done <<'EOF2'
5 %z
104750 %p
0104750 %#p
750 %Lp
4 %Mp
10 %Hp
-rwsr-x--- %Sp
rws %SHp
root:root:0:0 %Su:%Sg:%u:%g
1767323045 %m
1767323045.678000000 %Fm
2026-01-02 %Sm
file,Regular %N,%.7HT
[00005][5....][+5] [%05z][%-1z....][%+Dz]
0x5 %#Xz
*% %T%%
EOF2
	atf_check -o inline:" 5|5 |file|1\n" stat -f '%2z|%-2z|%N|%@' file
	atf_check -o inline:"a\nb\tc" stat -n -f 'a%nb%tc' file
	atf_check -o inline:" -> file file\n" stat -f '%SY %Y' link
	atf_check -o inline:"5\n" stat -L -f %z link
	atf_check -o inline:"5\n" stat -f %z <file
	eval "$(stat -s file)"
	atf_check_equal 5:0104750:0 "$st_size:$st_mode:$st_uid"
	atf_check -o inline:"5\n" stat -c %s file
	atf_check -s exit:1 -e inline:"stat: no: No such file or directory\n" \
	    -o inline:"5\n" stat -f %z no file
	atf_check -s exit:1 stat -q -f %z no
	atf_check -s exit:1 -e match:'bad format' stat -f %J file
}

atf_test_case ping
ping_head()
{
	atf_set descr "ping, nc: FreeBSD's flags and exit status, in rc.d scripts"
}
ping_body()
{
	ifconfig epair0 create >/dev/null
	ifconfig epair0a inet 192.0.2.1/24
	scripts=$CB_BUILD/rt/scripts
	mkdir -p b/rc.d
	cp -a /etc etc
	mount --bind etc /etc
	cat >b/rc.d/probe <<'EOF'
#!/bin/sh
# PROVIDE: probe
# REQUIRE: NETWORKING
. /etc/rc.subr
name=probe
start_cmd=probe_start
stop_cmd=:
probe_start()
{
	ping -q -c 1 -t 5 -W 500 127.0.0.1 >/dev/null && echo "answers"
	ping -q -c 1 -W 10 192.0.2.9 >/dev/null 2>&1; echo "silence $?"
	ping -o -q -S 127.0.0.1 -m 3 127.0.0.1 >/dev/null && echo "one"
	ping6 -c 1 ::1 >/dev/null && echo "six"
	echo "links: a=1 b=2 }" | fmt 2 | grep =
	echo "size $(stat -f %z /etc/rc.subr | jot -w '%d' 1 1) $(jot -s , 3)"
}
run_rc_command "$1"
EOF
	chmod +x b/rc.d/probe
	: >b/rc.conf
	atf_check -o save:said -e ignore rc -d b start
	atf_check -o inline:"answers\nsilence 2\none\nsix\na=1\nb=2\nsize \
1 1,2,3\n" \
	    grep -E '^(answers|silence|one|six|size|[ab]=)' said
	# nowhere else
	case $(command -v ping) in
	*/scripts/*) atf_fail "in the PATH of all" ;;
	esac
	atf_check -s exit:64 -e match:'^usage: ping ' "$scripts/ping" -c 1
	atf_check -s exit:64 -e match:'^usage: ping ' \
	    "$scripts/ping" -W soon 127.0.0.1
	atf_check -s exit:68 -e ignore "$scripts/ping" -c 1 no.such.invalid
	atf_check -s exit:1 -e inline:"nc: rtable 1: there is one routing table\n" \
	    "$scripts/nc" -V 1 -z 127.0.0.1 9
	atf_check -s exit:1 "$scripts/nc" -V 0 -z 127.0.0.1 9
	echo "1234 6789 1234 6789" >words
	atf_check -o inline:"1234 6789\n1234 6789\n" "$scripts/fmt" 9 9 words
	atf_check -o inline:"1234 6789\n1234 6789\n" "$scripts/fmt" -w 9 words
	atf_check -o inline:"1234 6789\n1234 6789\n" "$scripts/fmt" -9 words
	atf_check -s exit:64 -e match:'^usage: fmt ' "$scripts/fmt" 9 8 words
	atf_check -s exit:64 -e match:'^usage: fmt ' "$scripts/fmt" -c words
}

atf_test_case text
text_head()
{
	atf_set descr "cut -w, tail -r, md5: FreeBSD's; the rest goes through"
}
text_body()
{
	PATH=$CB_BUILD/rt/scripts:$PATH
	printf 'a  b\tc d e\n  x y\nnone\n' >in
	atf_check -o inline:"b\nx\nnone\n" cut -wf2 in
	atf_check -o inline:"b\td\te\nx\n" cut -s -w -f 2,4- - <in
	atf_check -o inline:"a\tb\tc\n\tx\ty\nnone\n" cut -w -f -3 in
	atf_check -o inline:"root\n" cut -d: -f1 --only-delimited - <<'EOF'
root:x
EOF
	atf_check -s exit:1 -e match:'^usage: cut ' cut -w in
	atf_check -s exit:1 -e inline:"cut: no: No such file or directory\n" \
	    -o inline:"none\n" sh -c 'echo none | cut -w -f1 no -'
	printf '1\n2\n3\n' >in
	atf_check -o inline:"3\n2\n1\n" tail -r in
	atf_check -o inline:"3\n2\n" tail -r -n 2 <in
	atf_check -o inline:"2\n3\n" tail -n 2 in
	# a shell would take 08344 for an octal number
	atf_check -o inline:"8344 1\n" sh -c 'printf %s bastille0 | sum'
	printf %s bastille0 >sums
	atf_check -o inline:"8344 1 sums\n" sum sums
	atf_check -o match:'^08344 +1' sum -r sums
	for n in md5 sha1 sha256 sha512; do
		sum=$(${n}sum <in)
		sum=${sum%% *}
		atf_check -o inline:"$sum\n" "$n" <in
		atf_check -o inline:"$sum\n" "$n" -q in
		atf_check -o inline:"$sum in\n" "$n" -r in
		atf_check -o inline:"$(echo $n | tr '[:lower:]' '[:upper:]') (in) = $sum\n" \
		    "$n" in
	done
	atf_check -o inline:"900150983cd24fb0d6963f7d28e17f72\n" \
	    md5 -q -s abc
	atf_check -s exit:1 -e match:'No such file' md5 no
	# FreeBSD's way of editing in place, and Linux's
	printf 'a\nb\n' >in
	atf_check sed -i '' s/a/x/ in
	atf_check sed -E -i .old 's/(b)/y/' in
	atf_check sed -Ei '' 's/(y)/z/' in
	atf_check -o inline:"x\nz\n" cat in
	atf_check -o inline:"x\nb\n" cat in.old
	atf_check sed -i s/x/w/ in
	atf_check sed -i.bak -e s/z/v/ in
	atf_check -o inline:"w\nv\nw\nz\n" cat in in.bak
	atf_check -o inline:"v\n" sed -n 2p in
	printf 'a b\nc\n' >in
	atf_check -o inline:"<a b>\n<c>\n" xargs -rn1 -I % echo '<%>' <in
	atf_check -o inline:"<a b>\n<c>\n" xargs -n 1 -I% -r echo '<%>' <in
	atf_check -o inline:"-I a\n-I b\n-I c\n" xargs -n1 echo -I <in
	atf_check -o inline:"a b c\n" xargs echo <in
}

atf_test_case pkill
pkill_head()
{
	atf_set descr "pgrep -j, pkill -j: of one jail; the rest goes through"
}
pkill_body()
{
	for n in a b; do
		atf_check jail -c name=$n path=/ persist \
		    exec.start='sleep 97 &' exec.clean \
		    exec.prestop="pkill -j $n -f 'sleep 9[7]'"
	done
	cat >jail.conf <<'EOF'
path = /; persist; exec.clean; exec.prestop = "pkill -j $name -f 'sleep 9[7]'";
a { }
EOF
	PATH=$CB_BUILD/rt/scripts:$PATH
	atf_check_equal 2 "$(pgrep -f '^sleep 9[7]' | wc -l)"
	atf_check_equal 1 "$(pgrep -j a -f '^sleep 9[7]' | wc -l)"
	atf_check_equal 1 "$(pgrep -f -j"$(jls -j b jid)" '^sleep 9[7]' | wc -l)"
	atf_check pkill -f -j b '^sleep 9[7]'
	wait_for 10 sh -c "! pgrep -j b -f '^sleep 9[7]'" ||
	    atf_fail "it lives"
	atf_check_equal 1 "$(pgrep -f '^sleep 9[7]' | wc -l)"
	atf_check -o inline:"a: removed\n" jail -f jail.conf -r a
	atf_check -s exit:1 pgrep -f '^sleep 9[7]'
	atf_check -s exit:3 -e inline:'pkill: jail "nosuch" not found\n' \
	    pkill -j nosuch x
	atf_check jail -r b
}

atf_test_case mount
mount_head()
{
	atf_set descr "mount_nullfs, mount -t nullfs: in jail.conf and scripts"
}
mount_body()
{
	root=$(pwd)/root
	mkdir -p "$root/etc" "$root/data" "$root/ro" data
	for n in usr bin sbin lib lib64; do
		[ ! -e /$n ] || echo "/$n $root/$n nullfs ro 0 0"
	done >tab
	echo hello >data/file
	cat >jail.conf <<EOF
www {
	path = "$root"; mount.fstab = "$(pwd)/tab"; persist; exec.clean;
	exec.prestart = "mount_nullfs $(pwd)/data \$path/data",
	    "/sbin/mount -t nullfs -o ro,late $(pwd)/data \${path}/ro";
	exec.poststop = "umount \$path/data; /sbin/umount \$path/ro";
}
proc { path = /; exec.prestart = "mount -t procfs proc $root/data"; }
EOF
	atf_check -o inline:"www: created\n" jail -f jail.conf -c www
	atf_check -o inline:"hello\nhello\n" jexec www cat /data/file /ro/file
	atf_check -s exit:1 -e match:'Read-only' jexec www touch /ro/x
	atf_check -o inline:"www: removed\n" jail -f jail.conf -r www
	atf_check -s exit:1 grep -q "$root" /proc/mounts
	# what is each jail's own is not mounted from outside
	atf_check -s exit:1 -e inline:"mount: procfs: each jail has its own: \
say mount.procfs in jail.conf(5)
jail: proc: mount -t procfs proc $root/data: failed\n" \
	    jail -f jail.conf -c proc
	# Linux's own types and words go through
	PATH=$CB_BUILD/rt/scripts:$PATH
	atf_check mount -t tmpfs -o size=1m none "$root/data"
	atf_check -o match:" on $root/data type tmpfs " mount
	atf_check umount "$root/data"
	atf_check -s exit:1 -e match:'^usage: mount_nullfs ' mount_nullfs x
}

atf_init_test_cases()
{
	atf_add_test_case text
	atf_add_test_case mount
	atf_add_test_case pkill
	atf_add_test_case stat
	atf_add_test_case ping
	atf_add_test_case daemon
	atf_add_test_case jot
}

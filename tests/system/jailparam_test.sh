#! /usr/bin/env atf-sh
# Parameters of jails, as jail(8) sets and jls(8) shows them.
. "$(atf_get_srcdir)/common.sh" || exit

# repeat N CHARACTER
repeat()
{
	head -c "$1" /dev/zero | tr '\0' "$2"
}

atf_test_case meta
meta_head()
{
	atf_set descr "meta and env: one text, or lines KEY=VALUE in it"
}
meta_body()
{
	atf_check jail -c name=m persist meta="a b c" env.one=1
	atf_check -o inline:"a b c\n" jls -j m meta
	atf_check -o inline:"one=1\n" jls -j m env
	atf_check jail -m name=m meta="$(printf 'k1=A\nk2=B')" env.two=2
	atf_check -o inline:"B A\n" jls -j m meta.k2 meta.k1
	# a key whose name is part of another's, or of a value
	atf_check jail -m name=m meta.k=k1=x
	atf_check -o inline:"A k1=x\n" jls -j m meta.k1 meta.k
	# replaced, emptied, taken away
	atf_check jail -m name=m meta.k1=C
	atf_check -o inline:"k1=C\nk=k1=x\nk2=B\n" jls -j m meta
	atf_check jail -m name=m meta.k=
	atf_check -o inline:"k=\nk1=C\nk2=B\n" jls -j m meta
	atf_check jail -m name=m meta.k meta.k2 meta.nosuch
	atf_check -o inline:"k1=C\n" jls -j m meta
	atf_check -o inline:'""\n' jls -j m meta.nosuch
	atf_check jail -m name=m meta=
	atf_check -o inline:'""\n' jls -j m meta
	# the jail sees env, now and after a change, and no meta
	atf_check jail -m name=m meta=secret
	atf_check -o inline:"two=2\none=1\n" \
	    jexec m sysctl -n security.jail.env
	atf_check jail -m name=m env.one env.two=3
	atf_check -o inline:"two=3\n" jexec m sysctl -n security.jail.env
	atf_check -s exit:1 -o empty \
	    jexec m grep -rs secret /run/cellblock/self /run/cellblock/env
	# without any it is empty, and the host has none
	atf_check jail -c name=n persist
	atf_check -o inline:"\n" jexec n sysctl -n security.jail.env
	atf_check -o inline:"\n" sysctl -n security.jail.env
}

atf_test_case meta_size
meta_size_head()
{
	atf_set descr "meta: too much is refused whole; the limit is a sysctl"
}
meta_size_body()
{
	local many

	many=$(repeat 4095 x)
	atf_check -o inline:"4096\n" sysctl -n security.jail.meta_maxbufsize
	atf_check jail -c name=m persist meta="$many"
	atf_check -o inline:"$many\n" jls -j m meta
	atf_check -s exit:1 -e inline:"jail: jail_set: File too large\n" \
	    jail -m name=m meta.k=v
	atf_check -s exit:1 -e inline:"jail: jail_set: File too large\n" \
	    jail -m name=m persist meta="${many}x"
	atf_check -s exit:1 -e inline:"jail: jail_set: File too large\n" \
	    jail -c name=n persist env="${many}x"
	atf_check -o inline:"$many\n" jls -j m meta
	atf_check -o ignore sysctl security.jail.meta_maxbufsize=6000
	atf_check jail -m name=m meta.k=v
	atf_check -o inline:"v\n" jls -j m meta.k
	# lowered: what is there stays, what comes is measured
	atf_check -o ignore sysctl security.jail.meta_maxbufsize=128
	atf_check jail -m name=m env=short
	atf_check -o inline:"v\n" jls -j m meta.k
	atf_check -s exit:1 -e match:"too large" \
	    jail -m name=m env="$(repeat 128 y)"
	atf_check -s exit:1 -o ignore -e match:"Operation not permitted" \
	    jexec m sysctl security.jail.meta_maxbufsize=5
}

atf_test_case identity
identity_head()
{
	atf_set descr "jid and name: what is refused, and how it is said"
}
identity_body()
{
	atf_check -s exit:1 -e inline:"jail: jid 1000000 is over 999999\n" \
	    jail -c jid=1000000 persist
	atf_check -s exit:1 -e inline:"jail: negative jid\n" \
	    jail -c jid=-1 persist
	atf_check jail -c jid=7 name=a persist
	atf_check jail -c name=p persist children.max=2
	atf_check -s exit:1 -e inline:"jail: cannot change jail's parent\n" \
	    jail -m jid=7 name=p.a
	atf_check jail -c name=p.c persist
	atf_check -s exit:1 \
	    -e inline:"jail: cannot change jail's parent\n" \
	    jail -m jid="$(jls -j p jid)" name=p.c
	atf_check jail -m name=p.c persist
	atf_check jail -m jid="$(jls -j p.c jid)" name=p.d
	atf_check -o inline:"p.d\n" jls -j p.d name
	# who one's parent is, from outside and from inside
	atf_check -o inline:"$(jls -j p jid)\n" jls -j p.d parent
	atf_check -o inline:"0\n" jexec p jls -j d parent
	atf_check -s exit:1 \
	    -e inline:"jail: nosuchuser: no such user\n" \
	    jail -c name=u exec.jail_user=nosuchuser command=true
}

atf_test_case jls_reads_back
jls_reads_back_head()
{
	atf_set descr "What jls -s prints makes the same jail again"
}
jls_reads_back_body()
{
	local text

	text=$(printf 'it is 5" \\ or\nmore; l'"'"'s')
	atf_check jail -c name=a persist meta="$text" env="x;y" \
	    host.hostname=h.example
	text=$(jls -s -j a)
	atf_check jail -r a
	eval "jail -qc $text" 2>/dev/null || atf_fail "jail -c $text"
	[ "$text" = "$(jls -s -j a)" ] || atf_fail "another jail"
}

atf_test_case mount_links
mount_links_head()
{
	atf_set descr "A symbolic link in the place of a mount point is refused"
}
mount_links_body()
{
	local r

	r=$(pwd)/root
	mkdir -p "$r/real/mnt"
	ln -s real "$r/way"
	ln -s /etc "$r/etc"
	cat >c <<-EOF
	a { path = $r; persist; mount = "tmpfs $r/etc tmpfs rw 0 0"; }
	b { path = $r; persist; mount = "tmpfs $r/way/mnt tmpfs rw 0 0"; }
	d { path = $r; persist; mount = "tmpfs $r/real/mnt tmpfs rw 0 0"; }
	EOF
	atf_check -s exit:1 \
	    -e inline:"jail: a: mount: $r/etc is a symbolic link\n" \
	    jail -f c -c a
	atf_check -s exit:1 \
	    -e inline:"jail: b: mount: $r/way/mnt is a symbolic link\n" \
	    jail -f c -c b
	atf_check -o inline:"d: created\n" jail -f c -c d
	atf_check -o ignore jail -f c -r d
	rmdir "$r/dev"
	ln -s /dev "$r/dev"
	atf_check -s exit:1 \
	    -e inline:"jail: d: mount.devfs: $r/dev is a symbolic link\n" \
	    jail -f c -c d
	# nor can one be made where a file is
	rm "$r/dev"
	rm -r "${r:?}/run"
	touch "$r/run"
	atf_check -s exit:1 \
	    -e inline:"jail: d: path: $r/run: Not a directory\n" \
	    jail -f c -c d
	rm "$r/run"
	ln -s var/run "$r/run"
	atf_check -s exit:1 \
	    -e inline:"jail: d: path: $r/run is a symbolic link\n" \
	    jail -f c -c d
	atf_check -o match:"^ *JID" jls
}

atf_test_case jexec_env
jexec_env_head()
{
	atf_set descr "jexec -e sets a variable, with -l too"
}
jexec_env_body()
{
	atf_check jail -c name=a persist
	atf_check -o inline:"B C\n" env A=x jexec -e A=B -e D=C a \
	    sh -c 'echo $A $D'
	atf_check -o inline:"B /root\n" jexec -l -e A=B a \
	    sh -c 'echo $A $HOME'
}

atf_test_case host
host_head()
{
	atf_set descr "A jail without host names of its own cannot touch the creator's"
}
host_body()
{
	local told

	told="jail: host cannot be changed after creation\n"
	hostname outer
	atf_check jail -c name=a persist
	atf_check -s exit:1 -e inline:"$told" jail -m name=a host=new
	atf_check -s exit:1 -e inline:"$told" \
	    jail -m name=a host.hostname=inner
	atf_check -s exit:1 -e inline:"$told" \
	    jail -m name=a host=new host.hostname=inner
	atf_check -o inline:"outer\n" hostname
	# with -r it is made anew for that
	atf_check jail -mr name=a persist host.hostname=inner
	atf_check -o inline:"inner\n" jexec a hostname
	atf_check jail -m name=a host.hostname=other
	atf_check -o inline:"other\n" jexec a hostname
	atf_check -o inline:"outer\n" hostname
	# what Linux has no namespace for is told by sysctl
	atf_check jail -c name=b persist host.hostuuid=ab-cd host.hostid=5
	atf_check -o inline:"ab-cd\n5\n" \
	    jexec b sysctl -n kern.hostuuid kern.hostid
	atf_check jail -m name=b host.hostid=6
	atf_check -o inline:"6\n" jexec b sysctl -n kern.hostid
}

atf_test_case fstab
fstab_head()
{
	atf_set descr "mount.fstab: single files, unionfs, blanks in names"
}
fstab_body()
{
	local d r

	r=$(pwd)/root
	d=$(pwd)/data
	mkdir -p "$r/u" "$d/with blank" "$d/upper"
	echo one >"$d/file"
	echo low >"$r/u/low"
	for n in usr bin lib lib64; do
		[ ! -e /$n ] || echo "/$n $r/$n nullfs ro 0 0"
	done >tab
	cat >>tab <<-EOF
	# a comment
	$d/file $r/etc/file nullfs ro 0 0

	$d/with\040blank	$r/a\040b	nullfs	rw	0	0
	$d/upper $r/u unionfs rw 0 0
	EOF
	atf_check jail -c name=a path="$r" persist mount.fstab="$(pwd)/tab"
	atf_check -o inline:"one\n" jexec a cat /etc/file
	atf_check -s not-exit:0 -e ignore jexec a sh -c 'echo x >/etc/file'
	atf_check jexec a sh -c 'echo x >"/a b/new"; echo y >>/u/low'
	atf_check -o inline:"low\ny\n" jexec a cat /u/low
	atf_check -o inline:"x\n" cat "$d/with blank/new"
	atf_check -o inline:"low\ny\n" cat "$d/upper/low"
	atf_check -o inline:"low\n" cat "$r/u/low"
	atf_check jail -r a
}

atf_test_case empty_lists
empty_lists_head()
{
	atf_set descr "vnet.interface= is no interface"
}
empty_lists_body()
{
	atf_check jail -c name=a vnet persist vnet.interface=
	atf_check -o inline:"a\n" jls name
}

atf_init_test_cases()
{
	atf_add_test_case meta
	atf_add_test_case meta_size
	atf_add_test_case identity
	atf_add_test_case jls_reads_back
	atf_add_test_case mount_links
	atf_add_test_case jexec_env
	atf_add_test_case host
	atf_add_test_case fstab
	atf_add_test_case empty_lists
}

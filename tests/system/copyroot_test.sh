#! /usr/bin/env atf-sh
# Copy-on-write roots: what of the machine's files a jail in a block sees.
. "$(atf_get_srcdir)/common.sh" || exit

make_block()
{
	mkdir -p lab
	printf 'jail_enable=YES\njail_list=j\n' >lab/rc.conf
	echo 'j { vnet; persist; }' >lab/jail.conf
	atf_check -o ignore -e ignore cellblock up lab
}

# each COMMAND [CHECK...]: in the block's own jail and in one inside.
each()
{
	local j cmd=$1

	shift
	for j in lab lab.j; do
		atf_check "$@" jexec $j sh -c "$cmd"
	done
}

atf_test_case secrets
secrets_head()
{
	atf_set descr "the machine's secrets are neither in a copy nor in the view that jails' copies are made of"
}
secrets_body()
{
	make_block
	each 'ls -A /root/. /home/. /var/backups/. 2>/dev/null | grep -v -e :$ -e ^$' \
	    -s exit:1
	each 'cut -d: -f2 /etc/shadow | sort -u' -o inline:"*\n"
	cut -d: -f1 /etc/shadow | sort >names
	each 'cut -d: -f1 /etc/shadow | sort' -o file:names
	each 'find /var/log /var/spool ! -type d ! -type l'
	# by rule: what the machine shows to its owner only
	find /etc -maxdepth 4 -type f ! -perm -o=r ! -name shadow \
	    ! -name gshadow >private
	[ -s private ] || atf_skip "this machine's /etc has no secrets"
	while read -r f; do
		each "cat '$f'" -s not-exit:0 -e match:"No such file"
	done <private
	each 'ls /etc/ssh/ssh_host_*_key' -s not-exit:0 -e match:"No such file"
	# the view: there for the sandbox's root, and hides the same
	atf_check -o inline:"*\n" jexec lab sh -c \
	    'ls -A /run/cellblock/host/root; cut -d: -f2 /run/cellblock/host/etc/shadow | sort -u'
	atf_check -s not-exit:0 -e match:"Read-only" \
	    jexec lab touch /run/cellblock/host/etc/x
	atf_check -o ignore -e ignore cellblock down lab
}

atf_test_case owners
owners_head()
{
	atf_set descr "root in a copy owns what root owns, writes where it likes, and nothing of it reaches the machine"
}
owners_body()
{
	local d

	make_block
	# some directory with something in it
	d=$(find /usr/share -mindepth 2 -maxdepth 2 -type f | head -n 1)
	d=${d%/*}
	each 'stat -c %u:%g / /etc /etc/passwd /usr/bin/env' \
	    -o inline:"0:0\n0:0\n0:0\n0:0\n"
	each "echo x >/etc/copyroot-test && rm -r $d && mkdir $d && ls -A $d"
	each 'chown 33:44 /etc/copyroot-test && stat -c %u:%g /etc/copyroot-test' \
	    -o inline:"33:44\n"
	atf_check test ! -e /etc/copyroot-test
	atf_check -o not-empty ls $d
	atf_check -o ignore -e ignore cellblock down lab
}

atf_init_test_cases()
{
	atf_add_test_case secrets
	atf_add_test_case owners
}

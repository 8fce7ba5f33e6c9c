#! /usr/bin/env atf-sh
# make install and make uninstall: what they put where, that it runs from
# there, and that nothing of it stays.
. "$(atf_get_srcdir)/common.sh" || exit

# check_install VERB PREFIX OUTPUT: exit status 0 and that output.
check_install()
{
	atf_check -o match:"$3" "$CB_SRC/tools/install.sh" "$1" "$CB_BUILD" \
	    "$PWD/dest" "$2"
}

atf_test_case layout
layout_head()
{
	atf_set descr "Install into DESTDIR, run from there, uninstall: nothing stays"
}
layout_body()
{
	local cmd f root

	root=$PWD/dest/usr/local
	check_install install /usr/local "^installed in $root$"
	for cmd in cellblock jail jls jexec rctl ngctl nghook pfctl; do
		atf_check test -x "$root/sbin/$cmd"
	done
	# Names that Linux has too stay off the ordinary PATH.
	for cmd in ifconfig route sysctl netstat arp service; do
		atf_check -s exit:1 test -e "$root/sbin/$cmd"
		atf_check test -L "$root/libexec/cellblock/bin/$cmd"
	done
	for f in init holder keeper launch cellblock lib/ld.so; do
		atf_check test -x "$root/libexec/cellblock/$f"
	done
	# jails cannot reach into a process of what they cannot read
	atf_check -o inline:"711\n" stat -c %a "$root/libexec/cellblock/init"
	atf_check test -f "$root/share/cellblock/examples/snort-lab/rc.conf"
	atf_check -o empty find dest -perm /022 ! -type l
	# It runs from there, by its links and with its own loader.
	atf_check -o match:"JID" env -i PATH=/bin "$root/sbin/jls"
	atf_check -o match:"lo0: flags=" env -i PATH=/bin \
	    "$root/libexec/cellblock/bin/ifconfig" lo0

	check_install uninstall /usr/local "^removed from"
	atf_check -o empty find dest -mindepth 1
	atf_check -s exit:1 -e match:"nothing is installed" \
	    "$CB_SRC/tools/install.sh" uninstall "$CB_BUILD" "$PWD/dest" /usr/local
}

# What systemd would run of the unit for a block: ExecStart, ...
unit_line()
{
	sed -n "s/^$1=//p" "dest/opt/lib/systemd/system/cellblock@.service" |
	    sed "s|%i|lab|g; s|/opt/sbin|$PWD/dest/opt/sbin|; s|/etc/cellblock|$PWD/etc|"
}

atf_test_case unit
unit_head()
{
	atf_set descr "cellblock@.service: its commands work, and tell their status"
}
unit_body()
{
	check_install install /opt .
	mkdir -p etc/lab
	printf '%s\n' 'cloned_interfaces="bridge7"' 'jail_enable="YES"' \
	    >etc/lab/rc.conf
	echo 'a { path = /; persist; }' >etc/lab/jail.conf
	if command -v systemd-analyze >where; then
		mkdir units
		sed 's|/opt/sbin/cellblock|/bin/true|' \
		    "dest/opt/lib/systemd/system/cellblock@.service" \
		    >units/cellblock@.service
		atf_check -e not-match:"cellblock@" env \
		    SYSTEMD_UNIT_PATH="$PWD/units:" \
		    systemd-analyze verify --man=no cellblock@lab.service
	fi
	nc -lUu -k notify >told &
	must_wait 5 test -S notify
	# shellcheck disable=SC2046 # a command's words
	NOTIFY_SOCKET=$PWD/notify atf_check -o match:"^lab: up" -e ignore \
	    env $(unit_line ExecStart)
	atf_check -o match:"bridge7" ip link show bridge7
	atf_check -o match:"a" jls name
	must_wait 5 grep -aq "STATUS=lab: up" told
	# shellcheck disable=SC2046
	atf_check -o match:"nothing to do" env $(unit_line ExecReload)
	# shellcheck disable=SC2046
	NOTIFY_SOCKET=$PWD/notify atf_check -o match:"^lab: down" -e ignore \
	    env $(unit_line ExecStop)
	must_wait 5 grep -aq "STATUS=down" told
	atf_check -s exit:1 -e ignore ip link show bridge7
	kill %1
	check_install uninstall /opt .
	atf_check -o empty find dest -mindepth 1
}

# build_against LIB: install, and build the program on stdin against that
# library as it is installed in $root, as ./shared and ./static.
build_against()
{
	cat >program.c
	need cc pkg-config
	root=$PWD/dest/opt
	check_install install /opt .
	PKG_CONFIG_PATH=$root/lib/pkgconfig
	PKG_CONFIG_SYSROOT_DIR=$PWD/dest
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
	# shellcheck disable=SC2046 # lists of words
	atf_check cc program.c -o shared \
	    $(pkg-config --cflags --libs "cellblock-$1")
	atf_check cc -I"$root/include" program.c -o static \
	    "$root/lib/$1.a" -lmnl -ljansson -lcap-ng -lbpf -lelf -lz
}

atf_test_case libjail
libjail_head()
{
	atf_set descr "A program builds and runs against the installed libjail"
}
libjail_body()
{
	build_against libjail <<-'END'
	#include <jail.h>
	#include <stdio.h>
	int main(void)
	{
		if (jail_getid("nobody") < 0)
			puts(jail_errmsg);
		return 0;
	}
	END
	atf_check -o inline:'jail "nobody" not found\n' \
	    env LD_LIBRARY_PATH="$root/lib" ./shared
	atf_check -o inline:'jail "nobody" not found\n' ./static
	check_install uninstall /opt .
}

atf_test_case libnetgraph
libnetgraph_head()
{
	atf_set descr "A program builds and runs against the installed libnetgraph"
}
libnetgraph_body()
{
	build_against libnetgraph <<-'END'
	#include <netgraph.h>
	#include <netgraph/ng_bridge.h>
	#include <stdio.h>
	int main(void)
	{
		struct ngm_mkpeer m = {NG_BRIDGE_NODE_TYPE, "x", "link0"};
		int cs, ds;
		if (NgMkSockNode("program", &cs, &ds) < 0 ||
		    NgSendMsg(cs, ".", NGM_GENERIC_COOKIE, NGM_MKPEER, &m,
			      sizeof(m)) < 0)
			return 1;
		if (NgSendMsg(cs, ".:x", NGM_BRIDGE_COOKIE,
			      NGM_BRIDGE_RESET, 0, 0) < 0)
			return 2;
		return NgSendMsg(cs, "nobody:", 1, 1, 0, 0) < 0 ?
			       perror("nobody"), 0 : 3;
	}
	END
	CELLBLOCK_RUNTIME=$root/libexec/cellblock
	export CELLBLOCK_RUNTIME
	atf_check -e inline:"nobody: No such file or directory\n" \
	    env LD_LIBRARY_PATH="$root/lib" ./shared
	atf_check -e inline:"nobody: No such file or directory\n" ./static
	check_install uninstall /opt .
}

atf_test_case again
again_head()
{
	atf_set descr "A second install replaces the first; others' files stay"
}
again_body()
{
	local root

	root=$PWD/dest/opt
	check_install install /opt .
	# A file of an older version, and one of somebody else.
	echo gone >"$root/share/cellblock/old"
	echo share/cellblock/old >>"$root/libexec/cellblock/manifest"
	echo mine >"$root/sbin/mine"
	check_install install /opt .
	atf_check -s exit:1 test -e "$root/share/cellblock/old"
	check_install uninstall /opt .
	atf_check -o inline:"dest/opt/sbin/mine\n" find dest -type f
	# A hostile manifest removes nothing outside.
	mkdir -p dest/opt/libexec/cellblock
	echo keep >dest/outside
	printf '../outside\n/dest/outside\n' \
	    >dest/opt/libexec/cellblock/manifest
	check_install uninstall /opt .
	atf_check test -f dest/outside
}

atf_test_case answers
answers_head()
{
	atf_set descr "Every command says what it is and how it is called"
}
answers_body()
{
	for c in "$CB_BIN"/*; do
		n=$(basename "$c")
		atf_check -o match:"^$n .*[0-9]" "$c" --version
		atf_check -o match:"^usage: $n" "$c" --help
	done
}

atf_init_test_cases()
{
	atf_add_test_case answers
	atf_add_test_case layout
	atf_add_test_case unit
	atf_add_test_case libjail
	atf_add_test_case libnetgraph
	atf_add_test_case again
}

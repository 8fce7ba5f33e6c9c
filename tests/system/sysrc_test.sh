#! /usr/bin/env atf-sh
# sysrc(8): reading and editing rc.conf.
. "$(atf_get_srcdir)/common.sh" || exit

# A root of its own for -R.
root()
{
	mkdir -p r/etc
	cat >r/etc/rc.conf
	sysrc="sysrc -R r"
}

atf_test_case get
get_head()
{
	atf_set descr "Reading: files, defaults, unknown names"
}
get_body()
{
	root <<'EOF'
base=10.0.0
ifconfig_em0="inet $base.1/24"
gateway_enable="YES"
EOF
	echo 'gateway_enable="NO"' >r/etc/rc.conf.local
	atf_check -o inline:"ifconfig_em0: inet 10.0.0.1/24\n" \
	    $sysrc ifconfig_em0
	atf_check -o inline:"inet 10.0.0.1/24\n" $sysrc -n ifconfig_em0
	atf_check -o inline:"gateway_enable: NO\n" $sysrc gateway_enable
	atf_check -o inline:"gateway_enable: $PWD/r/etc/rc.conf.local\n" \
	    $sysrc -F gateway_enable
	atf_check -o inline:"jail_enable: NO\n" $sysrc jail_enable
	atf_check -o inline:"jail_enable: start jails\n" $sysrc -d jail_enable
	atf_check -s exit:1 -e inline:"sysrc: unknown variable 'nosuch'\n" \
	    $sysrc nosuch
	atf_check -s exit:1 $sysrc -i nosuch
	atf_check -s exit:1 $sysrc -q nosuch
	atf_check -s exit:1 -o inline:"gateway_enable: NO\n" -e ignore \
	    $sysrc nosuch gateway_enable
	atf_check -o inline:"base: 10.0.0
gateway_enable: NO
ifconfig_em0: inet 10.0.0.1/24\n" $sysrc -a
	atf_check -o inline:"base=\"10.0.0\"\n" $sysrc -e base
	atf_check -s exit:1 -e match:'^usage: sysrc ' sysrc
}

atf_test_case set
set_head()
{
	atf_set descr "Setting keeps everything else as it was written"
}
set_body()
{
	root <<'EOF'
# my machine
hostname="old"	# the name
list="a \
	b"
EOF
	atf_check -o inline:"hostname: old -> new\n" $sysrc hostname=new
	atf_check -o inline:"list: a 	b -> c\n" $sysrc list=c
	atf_check -o inline:"fresh:  -> it's \"x\" \$y\n" \
	    $sysrc "fresh=it's \"x\" \$y"
	atf_check -o inline:'# my machine
hostname="new"	# the name
list="c"
fresh="it'"'"'s \\"x\\" \\$y"
' cat r/etc/rc.conf
	atf_check -o inline:"it's \"x\" \$y\n" $sysrc -n fresh
	chmod 600 r/etc/rc.conf
	atf_check -o ignore $sysrc a=1 b=2
	atf_check -o inline:"600\n" stat -c %a r/etc/rc.conf
	# where it is set last is where it is changed
	echo 'a=3' >r/etc/rc.conf.local
	atf_check -o inline:"a: 3 -> 4\n" $sysrc a=4
	atf_check -o inline:'a="4"\n' cat r/etc/rc.conf.local
	atf_check -s exit:1 -e match:'not allowed' $sysrc 'a b=1'
	atf_check -s exit:1 -e match:'not allowed' $sysrc '$(id)=1'
}

atf_test_case words
words_head()
{
	atf_set descr "+= and -="
}
words_body()
{
	root </dev/null
	atf_check -o inline:"cloned_interfaces:  -> epair1\n" \
	    $sysrc cloned_interfaces+="epair1"
	atf_check -o inline:"cloned_interfaces: epair1 -> epair1 bridge0\n" \
	    $sysrc cloned_interfaces+="epair1 bridge0"
	atf_check -o inline:"cloned_interfaces: epair1 bridge0 -> bridge0\n" \
	    $sysrc cloned_interfaces-=epair1
	atf_check -o inline:"x:  -> a,b\n" $sysrc x+=,a,b
	atf_check -o inline:"x: a,b -> b\n" $sysrc x-=,a
	# any other character than of words
	atf_check -o inline:"x: b -> b#c#d\n" $sysrc 'x+=#c#d'
	atf_check -o inline:"x: b#c#d -> b#d\n" $sysrc 'x-=#c'
	# what is there stays as it is written
	atf_check -o ignore $sysrc 'y=a  b'
	atf_check -o inline:"y: a  b -> a  b /c\n" $sysrc y+=/c
	atf_check -o inline:"y=\"a  b /c\" # -> \"a b\"\n" $sysrc -e y-=/c
	atf_check -o inline:"y\n" $sysrc -N y=1
	atf_check -o inline:"y: $PWD/r/etc/rc.conf -> $PWD/r/etc/rc.conf\n" \
	    sysrc -R "$PWD/r" -F y=2
	atf_check -o inline:": $PWD/r/etc/rc.conf; y=\"2\"\n" \
	    sysrc -R "$PWD/r" -ev y
}

atf_test_case expansions
expansions_head()
{
	atf_set descr "Patterns and defaults behind a name, as in the shell"
}
expansions_body()
{
	root <<'EOF'
hostname="www.example.org"
list="a b c"
empty=""
EOF
	atf_check -o inline:"hostname%%.*: www\n" $sysrc 'hostname%%.*'
	atf_check -o inline:"www.example\nexample.org\norg\n" $sysrc -n \
	    'hostname%.*' 'hostname#*.' 'hostname##*.'
	atf_check -o inline:"a\nc\na b c\n" $sysrc -n \
	    'list%%[$IFS]*' 'list##*[$IFS]' 'list%z'
	atf_check -o inline:"a b c\nd\nd\n\nd\n\n" $sysrc -n \
	    list-d nosuch-d empty:-d empty-d list:+d nosuch:+d
	atf_check -o inline:"www.example.org\n" $sysrc -n 'nosuch-$hostname'
	# what it does is of the value, whatever asks
	atf_check -o inline:"hostname: $PWD/r/etc/rc.conf\n" \
	    sysrc -R "$PWD/r" -F 'hostname%.*'
	atf_check -s exit:1 -e match:"x:y: name contains characters not" \
	    $sysrc x:y
	atf_check -s exit:1 -e match:'\$\(a\): name contains' $sysrc '$(a)'
}

atf_test_case remove
remove_head()
{
	atf_set descr "-x and -c"
}
remove_body()
{
	root <<'EOF'
a=1
b=2
a=3
EOF
	atf_check $sysrc -c a=3
	atf_check -s exit:1 $sysrc -c a=1
	atf_check -s exit:1 $sysrc -cx a
	atf_check -o inline:"a: 3\n" $sysrc a
	atf_check $sysrc -x a
	atf_check -o inline:"b=2\n" cat r/etc/rc.conf
	atf_check -s exit:1 -e inline:"sysrc: unknown variable 'a'\n" \
	    $sysrc -x a
}

atf_test_case other
other_head()
{
	atf_set descr "-f: other files, without defaults; broken ones"
}
other_body()
{
	echo 'x=1' >f
	atf_check -o inline:"x: 1\n" sysrc -f f x
	atf_check -s exit:1 -e match:'unknown variable' sysrc -f f jail_enable
	atf_check -o inline:"y:  -> 2\n" sysrc -f f y=2
	atf_check -o inline:"x=1
y=\"2\"\n" cat f
	atf_check -o inline:"z:  -> 3\n" sysrc -f new z=3
	atf_check -o inline:"z=\"3\"\n" cat new
	printf 'a="\n' >f
	atf_check -s exit:1 -e match:"^sysrc: $PWD/f line [12]: " sysrc -f f a
}

atf_test_case jail
jail_head()
{
	atf_set descr "-j: the files of a jail"
	atf_set timeout 60
}
jail_body()
{
	# with a copy-on-write root: nothing reaches the machine's /etc
	mkdir b
	echo 'jail_enable=YES' >b/rc.conf
	echo 'j { persist; }' >b/jail.conf
	atf_check -o ignore rc -q -e -d b start
	atf_check -o inline:"hostname:  -> inner\n" sysrc -j j hostname=inner
	atf_check -o inline:"inner\n" sysrc -n -j j hostname
	atf_check -o inline:'hostname="inner"\n' jexec j cat /etc/rc.conf
	[ ! -e /etc/rc.conf ] || ! grep -q inner /etc/rc.conf ||
		atf_fail "the machine's rc.conf was written"
	atf_check -o ignore rc -q -d b stop
}

atf_test_case files
files_head()
{
	atf_set descr "-l, -L, -E, -c, RC_CONFS: which files there are"
}
files_body()
{
	root <<'EOF'
a="1"
EOF
	mkdir -p r/etc/rc.conf.d/web r/usr/local/etc/rc.conf.d
	: >r/etc/rc.conf.d/netif
	: >r/etc/rc.conf.d/web/one
	: >r/etc/rc.conf.d/web/two
	: >r/usr/local/etc/rc.conf.d/mail
	sysrc="sysrc -R $PWD/r" e=$PWD/r/etc
	l=$PWD/r/usr/local/etc/rc.conf.d
	atf_check -o inline:"$e/rc.conf $e/rc.conf.local\n" $sysrc -l
	atf_check -o inline:"$e/rc.conf\n" $sysrc -lE
	atf_check -o inline:"$e/rc.conf\n" $sysrc -E
	atf_check -o inline:"$e/rc.conf.d/web/one $e/rc.conf.d/web/two \
$l/web $e/rc.conf $e/rc.conf.local\n" $sysrc -s web -l
	atf_check -o inline:"$e/rc.conf $l/mail $e/rc.conf.d/netif \
$e/rc.conf.d/web/one $e/rc.conf.d/web/two\n" $sysrc -EL
	atf_check -o inline:"rc_conf_files=\"$e/rc.conf\"
mail=\"$l/mail\"
netif=\"$e/rc.conf.d/netif\"
web=\"$e/rc.conf.d/web/one $e/rc.conf.d/web/two\"\n" $sysrc -eEL
	atf_check -o inline:"netif: $e/rc.conf.d/netif\n" $sysrc -vEL netif
	atf_check -s exit:1 -e match:'^usage: ' $sysrc -l a
	# a service's own file comes first for what is new
	atf_check -o ignore $sysrc -s netif -E b=2
	atf_check -o inline:"b=\"2\"\n" cat r/etc/rc.conf.d/netif
	# -c asks
	atf_check $sysrc -c a
	atf_check -s exit:1 -e match:"unknown variable 'nosuch'" \
	    $sysrc -c nosuch
	atf_check $sysrc -cv a
	atf_check -s exit:1 \
	    -o inline:"$e/rc.conf: a: would change from \`1' to \`2'\n" \
	    $sysrc -cv a=2
	atf_check -o inline:"$e/rc.conf: a: already set to \`1'\n" \
	    $sysrc -cv a=1
	atf_check -s exit:1 -o inline:"z: not currently set\n" $sysrc -cv z=1
	# other files, or none
	echo 'a="other"' >other
	atf_check -o inline:"a: other\n" env RC_CONFS="$PWD/other" sysrc a
	atf_check -s exit:1 -e match:'unknown' env RC_CONFS= sysrc a
	atf_check -s exit:1 -e match:'no file to write' env RC_CONFS= sysrc a=1
	atf_check -o inline:"$e/rc.conf: a: 1\n" env SYSRC_VERBOSE=1 $sysrc a
}

atf_init_test_cases()
{
	atf_add_test_case get
	atf_add_test_case set
	atf_add_test_case words
	atf_add_test_case expansions
	atf_add_test_case other
	atf_add_test_case remove
	atf_add_test_case files
	atf_add_test_case jail
}

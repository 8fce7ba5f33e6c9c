#! /usr/bin/env atf-sh
# ngctl(8): its commands, as users and scripts see them: exit status, exact
# output, FreeBSD's words for what is wrong.  What node types do is in their
# own tests; here they are hubs, and nodes of programs.
. "$(atf_get_srcdir)/common.sh" || exit

usage="usage: ngctl [-j jail] [-d] [-f filename] [-n nodename] \
[command [argument ...]]"

# Listings without the numbers of nodes.
ids()
{
	sed 's/ID: [0-9a-f]\{8\}/ID: N/; s/ [0-9a-f]\{8\}  / N  /'
}

atf_test_case usage
usage_head()
{
	atf_set descr "What ngctl does not understand: text and exit status"
}
usage_body()
{
	atf_check -o inline:"$usage\n" ngctl --help
	atf_check -o match:"^ngctl \(cellblock\) [0-9]" ngctl --version
	atf_check -s exit:64 \
	    -e inline:"ngctl: no command specified\n$usage\n" ngctl </dev/null
	atf_check -s exit:64 \
	    -e inline:"ngctl: illegal option -- x\n$usage\n" ngctl -x
	atf_check -s exit:64 \
	    -e inline:"ngctl: option requires an argument -- f\n$usage\n" \
	    ngctl -f
	atf_check -s exit:64 \
	    -e inline:"ngctl: invalid jail name\n$usage\n" ngctl -j '' list
	atf_check -s exit:66 \
	    -e inline:"ngctl: none: No such file or directory\n" ngctl -f none
	atf_check -s exit:68 -e inline:'ngctl: jail "none" not found\n' \
	    ngctl -j none list
	atf_check -s exit:71 -e inline:'ngctl: "lst": unknown command\n' \
	    ngctl lst
	atf_check -s exit:71 -e inline:'ngctl: "s": ambiguous command\n' \
	    ngctl s
	atf_check -s exit:64 -e inline:"ngctl: usage: mkpeer [path] <type> \
<hook> <peerhook>\n" ngctl mkpeer hub
	atf_check -s exit:64 -e inline:"ngctl: illegal option -- z\n\
ngctl: usage: list [-ln]\n" ngctl ls -z
	atf_check ngctl quit
	atf_check ngctl exit
	# a command on the command line wins over -f
	atf_check ngctl -f /dev/null quit
	a_hub
	atf_check -s exit:71 -e inline:"ngctl: can't create node: \
Address already in use\n" ngctl -n h list
	atf_check -s exit:71 -e inline:"ngctl: can't create node: \
Invalid argument\n" ngctl -n a.b list
	atf_check -o match:"Name: 1234567890123456789012345678901 Type: socket" \
	    ngctl -n 12345678901234567890123456789012 list
	atf_check -o match:"Name: <unnamed>       Type: socket" ngctl -n '' list
}

atf_test_case list
list_head()
{
	atf_set descr "list, show, types: the columns that scripts take apart"
}
list_body()
{
	atf_check -o match:"^There are 1 total nodes:$" -o match:"^  Name: \
ngctl[0-9]+ +Type: socket          ID: [0-9a-f]{8}   Num hooks: 0$" ngctl list
	ngctl -n me -f - >out <<-'EOF' || atf_fail "ngctl failed"
		mkpeer hub x a
		mkpeer hub second-hook-of-me and-a-long-name-of-it
		name .x test
		list
		list -n
		list -l
		ls -ln
		show .
		info -n test:
	EOF
	# blanks at the ends of lines are printed, too
	ids <out | sed 's/$/|/' >got
	cat >want <<-'EOF'
		There are 3 total nodes:|
		  Name: me              Type: socket          ID: N   Num hooks: 2|
		  Name: test            Type: hub             ID: N   Num hooks: 1|
		  Name: <unnamed>       Type: hub             ID: N   Num hooks: 1|
		There are 2 total named nodes:|
		  Name: me              Type: socket          ID: N   Num hooks: 2|
		  Name: test            Type: hub             ID: N   Num hooks: 1|
		There are 3 total nodes:|
		  Name: me              Type: socket          ID: N   Num hooks: 2|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  second-hook-of-me <unnamed>       hub          N        and-a-long-name-of-it|
		  x               test            hub          N        a              |
		  Name: test            Type: hub             ID: N   Num hooks: 1|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  a               me              socket       N        x              |
		  Name: <unnamed>       Type: hub             ID: N   Num hooks: 1|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  and-a-long-name-of-it me              socket       N        second-hook-of-me|
		There are 2 total named nodes:|
		  Name: me              Type: socket          ID: N   Num hooks: 2|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  second-hook-of-me <unnamed>       hub          N        and-a-long-name-of-it|
		  x               test            hub          N        a              |
		  Name: test            Type: hub             ID: N   Num hooks: 1|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  a               me              socket       N        x              |
		  Name: me              Type: socket          ID: N   Num hooks: 2|
		  Local hook      Peer name       Peer type    Peer ID         Peer hook      |
		  ----------      ---------       ---------    -------         ---------      |
		  second-hook-of-me <unnamed>       hub          N        and-a-long-name-of-it|
		  x               test            hub          N        a              |
		  Name: test            Type: hub             ID: N   Num hooks: 1|
	EOF
	diff want got || atf_fail "another listing"
	# all of it went with ngctl
	atf_check -o match:"^There are 1 total nodes:$" ngctl list

	atf_check -o match:"^There are [0-9]+ total types:$" \
	    -o match:"^      Type name   Number of living nodes$" \
	    -o match:"^      ---------   ----------------------$" \
	    -o match:"^         socket       1$" \
	    -o match:"^            hub       0$" \
	    -o match:"^         bridge       0$" ngctl types
}

atf_test_case message
message_head()
{
	atf_set descr "msg: answers in words, other types' words, none"
}
message_body()
{
	a_hub
	atf_check ngctl msg h: setpersistent
	ngctl msg h: nodeinfo | sed 's/"\[[0-9a-f]*\]:"/ID/; s/id=[^ ]*/id=N/' \
	    >out
	atf_check -o inline:"Rec'd response \"nodeinfo\" (805306374) from ID:\n\
Args:	{ name=\"h\" type=\"hub\" id=N }\n" cat out
	atf_check -o match:"^Args:	\{ name=\"h\" type=\"hub\" id=0x[0-9a-f]+ \}$" \
	    ngctl cmd h: nodeinfo
	atf_check -o match:"response \"listtypes\"" \
	    -o match:"Args:	\{ numtypes=[0-9]+ typeinfo=\[ " \
	    ngctl msg h: listtypes
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Function not implemented\n" \
	    ngctl msg h: getifname
	atf_check -s exit:71 -e inline:"ngctl: send msg: Invalid argument\n" \
	    ngctl msg h: name '{'
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: No such file or directory\n" \
	    ngctl msg h: name '{ nam="x" }'
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Operation already in progress\n" \
	    ngctl msg h: name '{ name="x" name="y" }'
	atf_check ngctl msg h: name '{ name="two words" }'
	atf_check -o match:"^  Name: two words       Type: hub " ngctl list
	# arguments are put together again with single blanks
	atf_check ngctl msg "two words:" name '{' 'name="a' 'b"' '}'
	atf_check -o match:"^  Name: a b             Type: hub " ngctl list
	# what a node says unasked is shown, and not taken for an answer
	ngctl -f - >out <<-'EOF'
		mkpeer one2many o one
		mkpeer .o hub many0 x
		msg .o getconfig
	EOF
	sed -i 's/"\[[0-9a-f]*\]:"/ID/' out
	atf_check -o inline:"Rec'd command 32 from ID:\nNo arguments\n\
Rec'd response \"getconfig\" (1) from ID:\n\
Args:	{ xmitAlg=1 failAlg=1 enabledLinks=[ 1 ] }\n" cat out
}

atf_test_case change
change_head()
{
	atf_set descr "mkpeer, connect, name, rmhook, shutdown and their aliases"
}
change_body()
{
	a_hub
	atf_check ngctl -f - <<-'EOF'
		mkpeer h: hub b c
		name h:b i
		connect h: i: d e
		mkpeer i: ng_hub f g
		name i:f j
		msg j: setpersistent
		join j: i:e k l
	EOF
	atf_check -o match:"^  b               i               hub " \
	    -o match:"^  d               i               hub " \
	    -o match:"^  l               j               hub " ngctl show h:
	atf_check ngctl disconnect h: d
	atf_check -o not-match:"^  d " ngctl show h:
	atf_check ngctl rmhook h: d
	atf_check ngctl rmhook nothing
	atf_check ngctl name j: jj
	atf_check -o match:"Name: jj " ngctl show -n "i:f"
	atf_check ngctl kill i:
	# what had no other link is gone with it
	atf_check -o not-match:"Name: i " -o match:"Name: jj " \
	    -o match:"Name: h " ngctl list
	atf_check ngctl rmnode jj:
	atf_check ngctl shutdown h:
	atf_check -o match:"^There are 1 total nodes:$" ngctl list
	atf_check -s exit:71 \
	    -e inline:"ngctl: shutdown: No such file or directory\n" \
	    ngctl shutdown h:
}

# What is wrong | ngctl's arguments | its words.
bad='
send msg: No such file or directory|show nothing:
send msg: No such file or directory|show [ffff]:
send msg: No such file or directory|show h:nothing
send msg: No such file or directory|show h:a.b
send msg: No such file or directory|show nothing
send msg: Invalid argument|show h::
send msg: Invalid argument|show :a
send msg: Invalid argument|show h:a..b
send msg: Invalid argument|show h.i:
send msg: No such file or directory|mkpeer nothing: hub a b
send msg: Device not configured|mkpeer h: nosuchtype b c
send msg: Invalid argument|mkpeer h: ether b lower
send msg: File exists|mkpeer h: hub b c
send msg: Invalid argument|mkpeer h: hub c.d e
send msg: Invalid argument|mkpeer h: hub c: e
send msg: Invalid argument|mkpeer h: bridge c link01
send msg: Invalid argument|mkpeer h: bridge c other
send msg: Invalid argument|mkpeer h: hub 12345678901234567890123456789012 a
send msg: File exists|connect h: h: b c
send msg: No such file or directory|connect h: nothing: c d
send msg: No such file or directory|connect h: a c d
send msg: Invalid argument|name h: a.b
send msg: Invalid argument|name h: a:
send msg: Invalid argument|name h: [1]
send msg: Address already in use|name h: h
send msg: Address already in use|name h: i
send msg: No such file or directory|rmhook nothing: a
send msg: Function not implemented|msg h: nosuchword
send msg: No such file or directory|msg nothing: nodeinfo
writing to hook "none": No route to host|write none 1 2 3
invalid byte "256"|write a 256
invalid byte "x"|write a 1 x
can'"'"'t read file "none": No such file or directory|write a -f none
none: No such file or directory|read none
'

atf_test_case errors
errors_head()
{
	atf_set descr "Paths, names and arguments that are wrong: FreeBSD's words"
	atf_set timeout 120
}
errors_body()
{
	a_hub
	atf_check ngctl -f - <<-'EOF'
		mkpeer h: hub b c
		name h:b i
		msg i: setpersistent
	EOF
	echo "$bad" >table
	while IFS='|' read -r text args; do
		[ -n "$text" ] || continue
		echo "# $args"
		# shellcheck disable=SC2086 # words
		atf_check -s exit:71 -o empty -e inline:"ngctl: $text\n" \
		    ngctl $args
	done <table
	# and nothing of it changed the graph
	atf_check -o match:"^There are 3 total nodes:$" \
	    -o match:"Name: h .* Num hooks: 1$" \
	    -o match:"Name: i .* Num hooks: 1$" ngctl list
}

# The same for arguments of messages: a bridge b, a one2many o, an eiface e.
bad_arguments='
Invalid argument|msg b: setconfig
Invalid argument|msg b: setconfig {
Invalid argument|msg b: setconfig { debugLevel }
Invalid argument|msg b: setconfig { debugLevel=256 }
Invalid argument|msg b: setconfig { debugLevel=x }
Invalid argument|msg b: setconfig [ 1 ]
No such file or directory|msg b: setconfig { level=1 }
Operation already in progress|msg b: setconfig { debugLevel=1 debugLevel=1 }
Operation not supported|msg b: movehost { hook="link0" }
Invalid argument|msg b: movehost { addr=1:2:3 }
Argument list too long|msg b: movehost { addr=1:2:3:4:5:6 hook="12345678901234567890123456789012" }
Invalid argument|msg b: movehost { addr=1:2:3:4:5:6 hook="link0 }
Socket is not connected|msg b: getstats 9
Invalid argument|msg b: getstats
Argument list too long|msg o: setconfig { enabledLinks=[ 64=1 ] }
Invalid argument|msg o: setconfig { enabledLinks=[ x=1 ] }
Operation already in progress|msg o: setconfig { enabledLinks=[ 1=1 1=1 ] }
Invalid argument|msg o: setconfig { xmitAlg=9 failAlg=1 }
Function not implemented|msg e: setconfig { }
Protocol family not supported|mkpeer . eiface x other
File exists|connect e: b: ether link7
Socket is already connected|connect epair0a: b: divert link7
'

atf_test_case arguments
arguments_head()
{
	atf_set descr "Arguments of messages that are wrong: FreeBSD's words"
	atf_set timeout 120
}
arguments_body()
{
	atf_check -o ignore ifconfig epair0 create
	atf_check ngctl -f - <<-'EOF'
		mkpeer . bridge x link0
		name .x b
		connect epair0a: b: lower link3
		msg b: setpersistent
		mkpeer b: one2many link1 one
		name b:link1 o
		mkpeer b: eiface link2 ether
		name b:link2 e
	EOF
	echo "$bad_arguments" >table
	while IFS='|' read -r text args; do
		[ -n "$text" ] || continue
		echo "# $args"
		# shellcheck disable=SC2086 # words
		atf_check -s exit:71 -o empty \
		    -e inline:"ngctl: send msg: $text\n" ngctl $args
	done <table
	atf_check -o match:"^Args:	\{ debugLevel=1 loopTimeout=60 " \
	    ngctl msg b: getconfig
}

atf_test_case files
files_head()
{
	atf_set descr "-f and read: comments, the line that failed, its status"
}
files_body()
{
	cat >good <<-'EOF'
		# a comment

		    # FreeBSD knows them in the first column alone
		mkpeer hub x a
		  name   .x	here
		show -n here:
	EOF
	atf_check -o match:"Name: here .* Num hooks: 1$" ngctl -f good
	atf_check -o match:"Name: here " sh -c "ngctl -f - <good"
	atf_check -o match:"Name: here " sh -c "ngctl -f- <good"
	atf_check -o match:"Name: here " ngctl read good
	atf_check -o match:"Name: here " ngctl . good

	printf 'debug\n\nshow nothing:\ndebug\n' >bad
	atf_check -s exit:71 -o inline:"Current debug level is 0\n" \
	    -e inline:"ngctl: send msg: No such file or directory\n\
ngctl: line 3: error in file\n" ngctl -f bad
	printf '# 1\nlist -z\n' >usage
	atf_check -s exit:64 -e inline:"ngctl: illegal option -- z\n\
ngctl: usage: list [-ln]\nngctl: line 2: error in file\n" ngctl -f usage
	printf 'debug\nread usage\n' >outer
	atf_check -s exit:64 -o ignore \
	    -e match:"^ngctl: line 2: error in file$" ngctl -f outer
	printf 'read loop\n' >loop
	atf_check -s exit:71 -e match:"^ngctl: loop: Too many levels of" \
	    ngctl -f loop
	printf 'quit\nbogus\n' >quit
	atf_check ngctl -f quit
	printf 'debug' >noeol
	atf_check -o inline:"Current debug level is 0\n" ngctl -f noeol
	atf_check -o inline:"Current debug level is 2\n" ngctl -dd -f noeol \
	    2>/dev/null
	atf_check ngctl -f /dev/null

	# files that are none
	atf_check -s exit:66 -e inline:"ngctl: .: Is a directory\n" ngctl -f .
	atf_check -s exit:71 -e inline:"ngctl: stdin: Is a directory\n" \
	    ngctl -f - <.
	atf_check -s exit:71 -e inline:"ngctl: .: Is a directory\n" \
	    ngctl read .
	# a pipe is opened once
	mkfifo pipe
	cat noeol >pipe &
	atf_check -o inline:"Current debug level is 0\n" \
	    timeout 20 ngctl -f pipe
}

atf_test_case texts
texts_head()
{
	atf_set descr "config, status, debug, help"
}
texts_body()
{
	a_hub
	atf_check -o inline:'No config available for "h:"\n' ngctl config h:
	atf_check -o inline:'No config available for "h:"\n' \
	    ngctl config h: some text
	atf_check -o inline:'No status available for "h:"\n' ngctl status h:
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: No such file or directory\n" \
	    ngctl status nothing:
	atf_check -o inline:"Current debug level is 0\n" ngctl debug
	atf_check -s exit:71 -e inline:"ngctl: message to \".\": Device not \
configured\nngctl: send msg: Device not configured\n" \
	    ngctl -d mkpeer nosuch a b
	atf_check -s exit:64 -e inline:"ngctl: usage: debug [level]\n" \
	    ngctl debug -- -1
	atf_check -o inline:"usage:    types\n\
Summary:  Show information about all installed node types\n" ngctl help types
	atf_check -e inline:'ngctl: "x": unknown command\n' ngctl help x
	atf_check -o match:"^Available commands:$" \
	    -o match:"^  write      Send a data packet down the hook named by \
\"hook\".$" ngctl help
}

atf_test_case dot
dot_head()
{
	atf_set descr "dot: as FreeBSD writes it, and graphviz draws it"
}
dot_body()
{
	need dot
	ngctl -n me -f - >got <<-'EOF' || atf_fail "ngctl failed"
		mkpeer hub x a
		name .x h
		mkpeer h: hub b c
		connect h: h:b d e
		mkpeer h: hub f g
		dot
		dot file.dot
	EOF
	cmp got file.dot || atf_fail "the file has another graph"
	sed -n 's/.*label = "{\(.*\):|{\(.*\)|\[\(.*\)\]:}}".*/\1 \3/p' got >ids
	me=$(sed -n 's/^me //p' ids)
	h=$(sed -n 's/^h //p' ids)
	# shellcheck disable=SC2046 # two words
	set -- $(sed -n 's/^\\<unnamed\\> //p' ids)
	sed "s/ME/$me/g; s/H/$h/g; s/ONE/$1/g; s/TWO/$2/g" \
	    "$CB_SRC/tests/golden/ngctl/hubs.dot" >want
	diff want got || atf_fail "another graph"
	atf_check -o match:"<title>$h" dot -Tsvg file.dot
	# names with characters that mean something in a record's label
	atf_check ngctl -f - <<-'EOF'
		mkpeer hub x {a|b}<c>
		msg .x setpersistent
		name .x {a|b}<c>
		mkpeer .x hub d e
	EOF
	atf_check -o save:names.dot ngctl dot
	atf_check -o match:'"\{\\\{a\\\|b\\\}\\<c\\>:\|\{hub\|' \
	    grep -F 'a' names.dot
	atf_check -o match:'>\{a\|b\}&lt;c&gt;:<' dot -Tsvg names.dot
	atf_check -s exit:71 -e inline:"ngctl: Could not open /none/x for \
writing: No such file or directory\n" ngctl dot /none/x
	atf_check -s exit:64 -e inline:"ngctl: usage: dot [outputfile]\n" \
	    ngctl dot a b
	atf_check -s exit:71 -o ignore -e match:"No space left on device" \
	    ngctl dot /dev/full
}

atf_test_case write
write_head()
{
	atf_set descr "write: bytes and files, out of our hook"
}
write_body()
{
	a_hub
	mkfifo hold
	started got sh -c 'echo ready; exec nghook -a h: tap <hold'
	exec 3>hold
	must_wait 5 sh -c "ngctl show h: | grep -q '^  tap '"
	# shellcheck disable=SC2046 # bytes
	atf_check ngctl -f - <<-'EOF'
		connect h: x w
		write x 0 1 0x2a 052 255 -1 -128
	EOF
	must_wait 5 grep -q '^0000:  00 01 2a 2a ff ff 80 ' got
	printf 'twenty bytes of file' >file
	atf_check ngctl -f - <<-'EOF'
		connect h: x w
		w x -f file
	EOF
	must_wait 5 grep -q 'twenty bytes of' got
	atf_check -o inline:"ready\n\
0000:  00 01 2a 2a ff ff 80                             ..**...         \n\n\
0000:  74 77 65 6e 74 79 20 62 79 74 65 73 20 6f 66 20  twenty bytes of \n\
0010:  66 69 6c 65                                      file            \n\n" \
	    cat got
	head -c 8193 /dev/zero >large
	: >empty
	atf_check -s exit:71 -e inline:'ngctl: writing to hook "x": Message too long\n' \
	    ngctl write x -f large
	atf_check -s exit:71 -e inline:'ngctl: file "empty" is empty\n' \
	    ngctl write x -f empty
}

# A terminal: what is written to fd 3 are keys, the screen is `screen`.
terminal()
{
	mkfifo keys
	script -qefc "$1" screen <keys >/dev/null 2>&1 &
	exec 3>keys
	must_wait 10 grep -q '^+ ' screen
}

atf_test_case interactive
interactive_head()
{
	atf_set descr "On a terminal: help, prompt, completion, what comes"
}
interactive_body()
{
	need script
	a_hub
	terminal "ngctl -n me"
	atf_check -o match:"^Available commands:" cat screen
	printf 'show nothing:\n' >&3
	must_wait 5 grep -q "^ngctl: send msg: No such file" screen
	printf 'mkp\thub x a\n' >&3
	must_wait 5 sh -c "ngctl show me: | grep -q '^  x '"
	printf 'name .\t y\n' >&3
	must_wait 5 sh -c "ngctl list | grep -q 'Name: y '"
	printf 'info -n y\t\n' >&3
	must_wait 5 grep -q "^  Name: y  .* Num hooks: 1" screen
	# a packet comes while a line is being written
	printf 'deb' >&3
	atf_check ngctl -f - <<-'EOF'
		connect y: b c
		write b 104 105
	EOF
	must_wait 5 grep -q "Rec'd data packet on hook \"x\":" screen
	must_wait 5 grep -q "0000:  68 69 .* hi " screen
	printf 'ug\n' >&3
	must_wait 5 grep -q "^Current debug level is 0" screen
	printf 'quit\n' >&3
	must_wait 5 sh -c "! ngctl show me:"
}

atf_test_case terminal_end
terminal_end_head()
{
	atf_set descr "The terminal's end is the end, with status 0"
}
terminal_end_body()
{
	need script
	terminal "ngctl -n me; echo status \$?"
	printf 'bogus\n\004' >&3
	must_wait 5 grep -q '^status 0' screen
	atf_check -o match:'^ngctl: "bogus": unknown command' cat screen
}

atf_test_case broker_dies
broker_dies_head()
{
	atf_set descr "The broker killed: an error on the terminal, and on it goes"
}
broker_dies_body()
{
	need script pgrep
	a_hub
	terminal "ngctl -n me; echo status \$?"
	atf_check kill -9 "$(pgrep -f '^cellblock-netgraph')"
	must_wait 5 grep -q '^status 71' screen
	atf_check -o match:"^ngctl: recv incoming message: Connection reset" \
	    cat screen
	atf_check -o match:"Name: h " -o not-match:"Name: me " ngctl list
}

atf_test_case jail
jail_head()
{
	atf_set descr "-j: a jail's own graph, from outside and from inside"
}
jail_body()
{
	make_jail inner vnet
	make_jail shared
	a_hub
	atf_check ngctl -j inner -f - <<-'EOF'
		mkpeer . hub x a
		msg .x setpersistent
		name .x theirs
	EOF
	atf_check -o match:"Name: theirs " -o not-match:"Name: h " \
	    ngctl -j inner list
	atf_check -o match:"Name: theirs " -o not-match:"Name: h " \
	    jexec inner ngctl list
	atf_check -o match:"Name: h " -o not-match:"theirs" ngctl list
	echo "show -n theirs:" >file
	atf_check -o match:"Name: theirs " ngctl -j inner -f "$PWD/file"
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: No such file or directory\n" \
	    ngctl -j inner show h:
	# a jail on the host's stack is not the host's root
	atf_check -s exit:71 -e match:"^ngctl: can't create node: " \
	    jexec shared ngctl list
	atf_check jexec inner ngctl shutdown theirs:
}

# ngctl -j inner, waiting for input from descriptor 3; $pid
in_jail()
{
	rm -f hold
	mkfifo hold
	ngctl -j inner -n in -f - <hold &
	pid=$!
	exec 3>hold
	must_wait 10 ngctl -j inner show in:
}

atf_test_case jail_signals
jail_signals_head()
{
	atf_set descr "-j: signals end it, as they do without"
	atf_set timeout 60
}
jail_signals_body()
{
	make_jail inner vnet
	# one that the jail sends
	in_jail
	atf_check kill -TERM "$(pgrep -P "$pid")"
	wait "$pid"
	atf_check_equal 143 $?
	# one to what the caller knows: the process inside goes, too
	in_jail
	atf_check kill -TERM "$pid"
	wait "$pid"
	atf_check_equal 143 $?
	must_wait 10 sh -c '! ngctl -j inner show in:'
	# and when the caller cannot pass it on
	in_jail
	atf_check kill -KILL "$pid"
	must_wait 10 sh -c '! ngctl -j inner show in:'
	# the jail's end, which has not to wait
	in_jail
	atf_check timeout 8 jail -r inner
	wait "$pid"
	atf_check -s exit:1 pgrep -x ngctl
}

atf_test_case user
user_head()
{
	atf_set descr "Whoever is not root gets no node"
}
user_body()
{
	atf_check -s exit:71 -e inline:"ngctl: can't create node: \
Operation not permitted\n" setpriv --reuid=65534 --clear-groups ngctl list
	make_jail inner vnet
	atf_check -s exit:77 -e inline:"ngctl: cannot attach to jail: \
Operation not permitted\n" \
	    setpriv --reuid=65534 --clear-groups ngctl -j inner list
}

atf_test_case first
first_head()
{
	atf_set descr "A jail's first command finds its netgraph's broker"
}
first_body()
{
	for n in 1 2 3 4 5; do
		atf_check -o match:"^There are 1 total nodes:" \
		    jail -c path=/ vnet command=ngctl list
		atf_check -o match:"^There are 1 total nodes:" \
		    jail -c name=x path=/ vnet persist \
		    exec.start="ngctl list"
		atf_check -o ignore jail -r x
	done
}

# The keeper takes the socket with it; who asks then waits for the next one.
atf_test_case patient
patient_head()
{
	atf_set descr "Between two keepers a jail's program waits for its broker"
}
patient_body()
{
	make_jail j vnet
	mkfifo go
	jexec j sh -c 'echo ready; read -r x; exec ngctl "$x"' \
	    <go >out 2>err &
	pid=$!
	exec 3>go
	must_wait 10 grep -q ready out
	pkill -9 -x keeper || atf_fail "no keeper to kill"
	must_wait 10 no_keeper
	echo list >&3
	must_wait 10 asks_in_vain
	atf_check -o ignore jls
	wait "$pid" || atf_fail "$(cat err)"
	atf_check -o match:"^There are 1 total nodes:" cat out
}
no_keeper()
{
	! pgrep -x keeper >/dev/null
}
# It has come to ngctl and sleeps there.
asks_in_vain()
{
	pgrep -f 'cellblock list' >/dev/null
}

atf_init_test_cases()
{
	atf_add_test_case first
	atf_add_test_case patient
	atf_add_test_case usage
	atf_add_test_case list
	atf_add_test_case message
	atf_add_test_case change
	atf_add_test_case errors
	atf_add_test_case arguments
	atf_add_test_case files
	atf_add_test_case texts
	atf_add_test_case dot
	atf_add_test_case write
	atf_add_test_case interactive
	atf_add_test_case terminal_end
	atf_add_test_case broker_dies
	atf_add_test_case jail
	atf_add_test_case jail_signals
	atf_add_test_case user
}

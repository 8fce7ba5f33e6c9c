#! /usr/bin/env atf-sh
# jls(8): listings of real jails.
. "$(atf_get_srcdir)/common.sh" || exit

header='   JID  IP Address      Hostname                      Path'

atf_test_case none
none_body()
{
	atf_check -o inline:"$header\n" jls
	atf_check -o empty jls jid
	atf_check -o inline:"jid name\n" jls -h jid name
	atf_check -s exit:1 -e inline:'jls: jail "x" not found\n' jls -j x
	atf_check -s exit:1 -e inline:"jls: jail 9 not found\n" jls -j 9
	atf_check -s exit:1 jls -c -j x
	# looking leaves no trace
	atf_check test ! -e /run/cellblock
}

atf_test_case usage
usage_body()
{
	usage='usage: jls [-cdhNnqsv] [-j jail] [param ...]'
	atf_check -s exit:1 -e inline:"jls: illegal option -- x\n$usage\n" jls -x
	atf_check -s exit:1 -e inline:"jls: -c requires -j\n$usage\n" jls -c
	atf_check -o inline:"$usage\n" jls --help
	atf_check -o match:"^jls .cellblock. [0-9]" jls --version
	atf_check -s exit:1 -e match:"^jls: unknown parameter: nonsense$" \
	    jls nonsense
}

atf_test_case table
table_body()
{
	atf_check jail -c name=www path=/ host.hostname=www.example.org persist
	atf_check -o inline:"$header
     1                  www.example.org               /\n" jls
	atf_check -o inline:" JID             IP Address      Hostname                      Path
 www                             www.example.org               /\n" jls -N
	atf_check -o inline:"   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  www.example.org               /
        www                           ACTIVE\n" \
	    -x "jls -v | sed '/^        [0-9]*$/d'"
}

atf_test_case params
params_body()
{
	atf_check jail -c name=j vnet persist meta='a b' children.max=3
	atf_check -o inline:"1\n" jls -j j jid
	atf_check -o inline:"j\n" jls -j1 name
	atf_check -o inline:"1\n" jls -jj jid
	atf_check jls -cj j
	atf_check jls -c -j 1
	atf_check -s exit:1 jls -cj 5309
	atf_check -o inline:"new true a b 3 0\n" \
	    jls -j j vnet persist meta children.max children.cur
	atf_check -o inline:"vnet=new persist nodying meta=a b\n" \
	    jls -j j -n vnet persist dying meta
	atf_check -o inline:'meta="a b"\n' jls -j j -nq meta
	atf_check -o inline:"-\n" jls -j j ip4.addr
	# all of them, by name, those without a dot first
	jls -h | head -n 1 | tr ' ' '\n' >names
	atf_check_equal "$(cat names)" "$({ grep -v '\.' names | LC_ALL=C sort
	    grep '\.' names | LC_ALL=C sort; })"
	atf_check -o match:" persist " -o match:" children.cur=0 " jls -n
}

# What -s prints makes the same jail again.
atf_test_case script
script_body()
{
	atf_check jail -c name=j path=/ vnet persist host.hostname='h.example'
	atf_check -o save:first jls -s
	atf_check jail -r j
	atf_check -e ignore -x "eval jail -c $(cat first)"
	atf_check -o file:first jls -s
}

atf_test_case json
json_body()
{
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": []}}\n' \
	    jls --libxo json
	atf_check jail -c name=j path=/ persist host.hostname=h meta='a b c'
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": [{"name":"j","meta":"a b c"}]}}\n' \
	    jls --libxo json name meta
	atf_check -o inline:'{"__version": "2", "jail-information": {"jail": [{"jid":1,"ipv4":"","hostname":"h","path":"/"}]}}\n' \
	    jls --libxo:json
	need python3
	atf_check -o inline:"True\n" -x "jls --libxo=json,pretty -n | python3 -c '
import json, sys
j = json.load(sys.stdin)[\"jail-information\"][\"jail\"][0]
print(j[\"persist\"])'"
}

atf_test_case unprivileged
unprivileged_body()
{
	atf_check jail -c name=j persist
	atf_check -o inline:"j\n" setpriv --reuid 65534 --regid 65534 \
	    --clear-groups jls name
}

atf_init_test_cases()
{
	for c in none usage table params script json unprivileged; do
		atf_add_test_case $c
	done
}

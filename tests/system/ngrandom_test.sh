#! /usr/bin/env atf-sh
# Netgraph under what comes: thousands of random changes, with packets, and
# with kill -9 of whoever takes part.
. "$(atf_get_srcdir)/common.sh" || exit

: "${ROUNDS:=40}"

# operations SEED N: calls for ngprobe.  The nodes r0 to r29 are theirs alone;
# most calls are errors of some kind, and nothing but consistency is expected.
operations()
{
	awk -v seed="$1" -v n="$2" '
	function pick(list) { return list[1 + int(rand() * list[0])] }
	function words(text, list) { list[0] = split(text, list, " ") }
	function node() { return "r" int(rand() * 30) ":" }
	function path() {
		if (rand() < 0.2)
			return "."
		return node() (rand() < 0.3 ? pick(hook) : "")
	}
	BEGIN {
		srand(seed)
		words("hub bridge tee hole echo split one2many vlan etf " \
		    "macfilter vlan_rotate patch bpf tag tcpmss car pipe " \
		    "source checksum nat hub bridge tee eiface", type)
		words("link0 link1 link2 link3 uplink1 left right left2right " \
		    "right2left in out mixed one many0 many1 downstream " \
		    "nomatch upper lower ether default a b c d input output",
		    hook)
		words("getstats setpersistent gettable getconfig reset " \
		    "listhooks getclrstats", word)
		print "mk A"
		for (i = 0; i < n; i++) {
			if (i % 25 == 24)
				print "close A\nmk A"
			x = rand()
			if (x < 0.35) {
				p = rand() < 0.5 ? "." : path()
				h = pick(hook)
				r = node()
				print "mkpeer A", p, pick(type), h, pick(hook)
				print "name A", p (p ~ /[:.]$/ ? "" : ".") h, r
				if (rand() < 0.7)
					print "msg A", r, "setpersistent"
			} else if (x < 0.60)
				print "connect A", path(), path(), pick(hook), \
				    pick(hook)
			else if (x < 0.68)
				print "rmhook A", path(), pick(hook)
			else if (x < 0.73)
				print "shutdown A", node()
			else if (x < 0.88)
				print "msg A", path(), pick(word)
			else
				print "send A", pick(hook), "x" i
		}
	}' | sed 's/^\(name .*\):$/\1/'
}

# consistent: what `ngctl list -l` says of each hook, its peer says, too; and
# there is a pair of interfaces for each eiface, no more.
consistent()
{
	atf_check -o save:list ngctl list -l
	awk '
	$1 == "There" { total = $3 }
	$1 == "Name:" {
		line = $0
		sub(/.*ID: /, "", line)
		id = substr(line, 1, 8)
		want[id] = $NF
		nodes++
		next
	}
	$1 == "Local" || /-----/ || NF < 5 || $1 == "There" { next }
	{ hook[id "." $1] = $(NF - 1) "." $NF; have[id]++ }
	END {
		for (h in hook)
			if (hook[hook[h]] != h)
				bad = bad " " h "->" hook[h]
		for (i in want)
			if (want[i] + 0 != have[i] + 0)
				bad = bad " " i ":" want[i] "/" have[i]
		if (bad != "" || nodes != total) {
			print "not consistent:" bad, nodes, total
			exit 1
		}
	}' list || atf_fail "$(cat list)"
	nodes=$(grep -c 'Type: eiface' list)
	must_wait 10 sh -c "[ \$(ip -o link | grep -c ': ng-ngeth') = $nodes ]"
}

# Two jails on a bridge, and packets between them all the time.
two_jails()
{
	atf_check ngctl mkpeer . eiface x ether
	atf_check ngctl mkpeer . eiface x ether
	atf_check ngctl mkpeer ngeth0: bridge ether link0
	atf_check ngctl name ngeth0:ether core0
	atf_check ngctl connect ngeth1: core0: ether link1
	make_jail a vnet vnet.interface=ngeth0
	make_jail b vnet vnet.interface=ngeth1
	atf_check jexec a ifconfig ngeth0 inet 10.9.0.1/24 up
	atf_check jexec b ifconfig ngeth1 inet 10.9.0.2/24 up
	must_wait 10 jexec a ping -c 1 -W 1 10.9.0.2
}

# hit ROUND PID: one in four rounds is left in peace.
hit()
{
	sleep "0.$(($1 * 37 % 30 / 10))$(($1 * 7 % 10))"
	case $(($1 % 4)) in
	1) pkill -9 -f '^cellblock-netgraph' ;;
	2) kill -9 "$2" ;;
	3)
		pkill -9 -f '^cellblock-netgraph'
		kill -9 "$2"
		;;
	esac 2>/dev/null
	return 0
}

atf_test_case changes
changes_head()
{
	atf_set descr "10,000 random changes under traffic, with kill -9"
	atf_set timeout 300
}
changes_body()
{
	local n pid

	dmesg >dmesg.before 2>/dev/null || :
	box_state before
	two_jails
	jexec a ping -i 0.02 10.9.0.2 >ping.log 2>&1 &
	for n in $(seq "$ROUNDS"); do
		operations "$n" 250 >ops
		ngprobe <ops >answers 2>&1 &
		pid=$!
		hit "$n" "$pid"
		wait "$pid" 2>/dev/null || :
		consistent
		cat answers >>all
	done
	pkill -INT -x ping
	wait
	# most calls came to something
	atf_check test "$(grep -c '^ok$' all)" -gt $((ROUNDS * 40))
	# and no packet was lost, but the last one
	grep ' received' ping.log >stats ||
	    atf_fail "$(tail -n 3 ping.log)"
	awk '{ exit !($1 - $4 <= 1 && $1 > 50) }' stats ||
	    atf_fail "$(cat stats)"

	atf_check -o ignore jail -r a b
	# all of it goes
	ngctl list | awk '$4 != "socket" && $4 != "ether" && $1 == "Name:" {
		print "shutdown [" $6 "]:" }' >gone
	while read -r call; do
		# shellcheck disable=SC2086 # words
		ngctl $call 2>/dev/null || :
	done <gone
	consistent
	box_same before
	dmesg >dmesg.after 2>/dev/null || :
	diff dmesg.before dmesg.after >dmesg.new || :
	if grep -E 'WARNING:|BUG:|Oops|UBSAN|KASAN' dmesg.new; then
		atf_fail "the kernel complains"
	fi
}

# A journal that cannot be read is put aside, with all that belongs to it.
atf_test_case spoilt
spoilt_head()
{
	atf_set descr "A journal of another version is put aside"
}
spoilt_body()
{
	local j

	box_state before
	two_jails
	j=$(echo /run/cellblock/ng/*/journal)
	pkill -9 -f '^cellblock-netgraph'
	printf 'cbng\377\377\377\377' | dd of="$j" conv=notrunc status=none
	atf_check -o match:"There are 1 total nodes:" ngctl list
	atf_check test -f "$j.bad"
	atf_check -o empty sh -c "ip -o link | grep ': ng-ngeth' || :"
	atf_check -o ignore jail -r a b
	two_jails_again
	box_same before
}

# It works from the beginning.
two_jails_again()
{
	two_jails
	consistent
	atf_check -o ignore jail -r a b
	atf_check ngctl shutdown ngeth0:
	atf_check ngctl shutdown ngeth1:
}

atf_init_test_cases()
{
	atf_add_test_case changes
	atf_add_test_case spoilt
}

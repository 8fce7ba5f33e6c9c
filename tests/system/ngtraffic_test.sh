#! /usr/bin/env atf-sh
# Nodes that delay, limit and make traffic, and those that meet the protocol
# stack: pipe, car, source, ksocket, iface, with packets.  (Queues and buckets:
# tests/unit/ngpipe_test.c, ngtraffic_test.c; addresses and options of sockets:
# ngksocket_test.c.)
. "$(atf_get_srcdir)/common.sh" || exit

# The arguments of an answer.
answer()
{
	ngctl msg "$@" | sed -n 's/^Args:	//p'
}

reaches()
{
	wait_for 10 jexec "$1" ping -q -c 1 -W 1 "$2" >/dev/null ||
	    atf_fail "$1 does not reach $2"
}

# fastest JAIL ADDRESS: the quickest of three answers, whole milliseconds.
fastest()
{
	jexec "$1" ping -q -c 3 -i 0.2 -W 20 "$2" |
	    sed -n 's/^rtt [^=]*= \([0-9]*\).*/\1/p'
}

# counts JAIL ADDRESS: a server there says in `served` that it is ready, and to
# the first who connects to port 99 from where it heard how many bytes.
counts()
{
	jexec "$1" python3 -c 'import socket, sys
s = socket.socket()
s.bind((sys.argv[1], 99))
s.listen()
print("ready", flush=True)
c, peer = s.accept()
n = 0
while True:
    d = c.recv(65536)
    if not d:
        break
    n += len(d)
c.sendall(("%s %d" % (peer[0], n)).encode())
c.close()' "$2" >served &
	wait_for 10 grep -q ready served || atf_fail "nobody listens"
}

# sends ADDRESS BYTES [COMMAND...]: to such a server, and print its answer; by
# COMMAND, "jexec JAIL".
sends()
{
	local to=$1 bytes=$2

	shift 2
	"$@" python3 -c 'import socket, sys
c = socket.create_connection((sys.argv[1], 99))
c.sendall(b"x" * int(sys.argv[2]))
c.shutdown(1)
print(c.recv(100).decode())' "$to" "$bytes"
}

atf_test_case pipe
pipe_head()
{
	atf_set descr "A wire between jails: delay, bandwidth, loss, its end"
	atf_set timeout 180
}
pipe_body()
{
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: pipe ether upper
		name a:ether wire
		connect b: wire: ether lower
	EOF
	reaches a 10.0.0.2
	answer wire: getcfg >cfg
	atf_check -o inline:"{ downstream={ queuelen=50 fifo=1 droptail=1 } \
upstream={ queuelen=50 fifo=1 droptail=1 } }\n" cat cfg

	# there and back
	atf_check ngctl msg wire: setcfg "{ delay=100000 }"
	ms=$(fastest a 10.0.0.2)
	[ "$ms" -ge 200 ] || atf_fail "twice 100 ms in $ms ms"
	answer wire: getcfg >cfg
	atf_check -o match:"delay=100000" cat cfg

	# longer than anybody waits; with the broker killed packets pass at
	# once, and the next one delays again
	atf_check ngctl msg wire: setcfg "{ delay=9000000 }"
	atf_check -s exit:1 -o ignore jexec a ping -q -c 1 -W 1 10.0.0.2
	kill_brokers
	reaches a 10.0.0.2
	answer wire: getcfg >cfg
	atf_check -o match:"delay=9000000" cat cfg
	atf_check -s exit:1 -o ignore jexec a ping -q -c 1 -W 1 10.0.0.2

	# 1 Mbit/s: 250 kB take two seconds, whatever offloads the stack uses
	atf_check ngctl msg wire: setcfg "{ delay=-1 bandwidth=1000000 }"
	cat >recv.py <<-'EOF'
		import socket, time
		s = socket.socket()
		s.bind(("10.0.0.2", 99))
		s.listen()
		print("ready", flush=True)
		c, _ = s.accept()
		n, began = 0, time.monotonic()
		while True:
		    d = c.recv(65536)
		    if not d:
		        break
		    n += len(d)
		print(n, time.monotonic() - began > 1.8)
	EOF
	jexec b python3 - <recv.py >received &
	wait_for 10 grep -q ready received || atf_fail "nobody listens"
	jexec a python3 -c 'import socket
c = socket.create_connection(("10.0.0.2", 99))
c.sendall(b"x" * 250000)
c.close()' || atf_fail "no connection"
	wait
	atf_check -o inline:"ready\n250000 True\n" cat received

	# one bit in a thousand is wrong: half of the packets arrive
	atf_check ngctl msg wire: setcfg \
	    "{ bandwidth=-1 downstream={ BER=1000 } }"
	atf_check ngctl msg wire: clrstats
	jexec a ping -q -c 40 -i 0.01 -W 1 10.0.0.2 >/dev/null
	answer wire: getstats >stats
	atf_check -o match:"downstream=\{ FwdOctets=[0-9]+ FwdFrames=[0-9]+ \
delayDropOctets=[0-9]+ delayDropFrames=[0-9]+ \}" cat stats
	# a wire that is broken altogether: both sides are told
	atf_check ngctl msg wire: setcfg "{ downstream={ BER=1 } }"
	wait_for 10 sh -c 'jexec b ifconfig nic0 | grep -q "no carrier"' ||
	    atf_fail "b has a carrier"
	atf_check ngctl msg wire: setcfg "{ downstream={ BER=-1 } }"
	reaches a 10.0.0.2

	# at its end it joins what it was between
	atf_check ngctl shutdown wire:
	reaches b 10.0.0.1
	atf_check -o match:"ether +b +eiface" ngctl show a:
}

atf_test_case car
car_head()
{
	atf_set descr "A limit for a jail: what is over it is lost, or waits"
	atf_set timeout 120
}
car_body()
{
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: car ether upper
		name a:ether limit
		connect b: limit: ether lower
	EOF
	reaches a 10.0.0.2
	answer limit: getconf >conf
	d="cbs=8192 ebs=8192 cir=10240 greenAction=1 yellowAction=1"
	atf_check -o inline:"{ upstream={ $d redAction=2 } \
downstream={ $d redAction=2 } }\n" cat conf
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Invalid argument\n" \
	    ngctl msg limit: setconf \
	    "{ upstream={ cbs=1 cir=1000000001 } downstream={ cbs=1 } }"

	# ten packets, then one every hour
	c="cbs=10000 ebs=1 cir=1 greenAction=1 yellowAction=2 redAction=2"
	o="cbs=1000000 ebs=1 cir=1000000000 greenAction=1 yellowAction=1 \
redAction=1"
	jexec a ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev nic0
	jexec b ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 dev nic0
	atf_check ngctl msg limit: setconf \
	    "{ downstream={ $c } upstream={ $o } }"
	atf_check ngctl msg limit: clrstats
	jexec a ping -q -c 15 -i 0.05 -s 958 -W 1 10.0.0.2 >pinged
	atf_check -o match:"15 packets transmitted, (9|10) received" cat pinged
	answer limit: getstats >stats
	atf_check -o match:"downstream=\{ passed=(9|1[0-9]) droped=[4-9] " \
	    cat stats

	# 80 kbit/s and packets wait for it: six of 1000 bytes take a
	# while, and none is lost
	c="cbs=1000 ebs=1 cir=80000 greenAction=1 yellowAction=1 redAction=2 \
mode=3"
	atf_check ngctl msg limit: clrstats
	atf_check ngctl msg limit: setconf \
	    "{ downstream={ $c } upstream={ $o } }"
	cat >recv.py <<-'EOF'
		import socket, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("10.0.0.2", 99))
		s.settimeout(20)
		print("ready", flush=True)
		got, began = [], None
		while len(got) < 6:
		    got.append(s.recv(2000)[0])
		    began = began or time.monotonic()
		print(got, time.monotonic() - began > 0.25)
	EOF
	jexec b python3 - <recv.py >received &
	wait_for 10 grep -q ready received || atf_fail "nobody listens"
	jexec a python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(6):
    s.sendto(bytes([i]) * 958, ("10.0.0.2", 99))'
	wait
	atf_check -o inline:"ready\n[0, 1, 2, 3, 4, 5] True\n" cat received
	answer limit: getstats >stats
	atf_check -o match:"downstream=\{ .*yellow=[45] " cat stats
}

atf_test_case source
source_head()
{
	atf_set descr "A packet generator into a jail: number, rate, counters"
}
source_body()
{
	eiface_jails a b
	ngctl -f - <<-'EOF' || atf_fail "no source"
		mkpeer b: source ether output
		name b:ether gen
	EOF
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Device not configured\n" \
	    ngctl msg gen: start 1
	atf_check ngctl msg gen: setiface '"ng-loop0"'
	cat >frame.py <<-'EOF'
		import sys
		f = bytes.fromhex("020000000002020000000001" "88b5") + bytes(50)
		sys.stdout.write(" ".join(str(b) for b in f))
	EOF
	bytes=$(python3 frame.py)
	ngctl -f - <<-EOF || atf_fail "no packets for it"
		connect gen: x input
		write x $bytes
	EOF
	answer gen: getstats >stats
	atf_check -o match:"queueOctets=64 queueFrames=1" cat stats
	atf_check ngctl msg gen: setcounter \
	    "{ offset=14 flags=1 width=4 next_val=1 min_val=1 max_val=1000 \
increment=1 index=0 }"
	atf_check ngctl msg gen: setpps 500
	cat >sniff.py <<-'EOF'
		import socket, time
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
		    socket.htons(0x88b5))
		s.bind(("nic0", 0))
		s.settimeout(20)
		print("ready", flush=True)
		began, got = None, []
		while len(got) < 100:
		    d = s.recv(2000)
		    began = began or time.monotonic()
		    got.append(int.from_bytes(d[14:18], "big"))
		print(got == list(range(1, 101)),
		    time.monotonic() - began > 0.15)
	EOF
	jexec b python3 - <sniff.py >sniffed &
	wait_for 10 grep -q ready sniffed || atf_fail "nobody listens"
	atf_check ngctl msg gen: start 100
	wait
	atf_check -o inline:"ready\nTrue True\n" cat sniffed
	answer gen: getstats >stats
	atf_check -o match:"outOctets=6400 outFrames=100 " cat stats
	# it goes with its output
	atf_check ngctl rmhook b: ether
	atf_check -s exit:71 -e ignore ngctl msg gen: getstats
}

atf_test_case ksocket
ksocket_head()
{
	atf_set descr "A socket as a node: datagrams in and out, rights of jails"
}
ksocket_body()
{
	atf_check ifconfig lo0 inet 127.0.0.1/8 up
	atf_check ngctl -f - <<-'EOF'
		mkpeer . hub x h
		msg .x setpersistent
		name .x h
		mkpeer h: ksocket a inet/dgram/udp
		msg h:a bind inet/127.0.0.1:4001
		mkpeer h: ksocket b 2/2/17
		msg h:b connect inet/127.0.0.1:4002
	EOF
	atf_check -o match:'^Args:	inet/127.0.0.1:4001$' \
	    ngctl msg h:a getname
	atf_check -o match:'^Args:	inet/127.0.0.1:4002$' \
	    ngctl msg h:b getpeername
	cat >relay.py <<-'EOF'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 4002))
		s.settimeout(10)
		s.sendto(b"through the hub", ("127.0.0.1", 4001))
		print(s.recv(100).decode())
	EOF
	atf_check -o inline:"through the hub\n" python3 relay.py
	# a successor has the same sockets
	kill_brokers
	atf_check -o match:'^Args:	inet/127.0.0.1:4002$' \
	    ngctl msg h:b getpeername
	atf_check -o inline:"through the hub\n" python3 relay.py
	# with the hook the socket goes
	atf_check ngctl rmhook h: a
	atf_check -s exit:71 -e ignore ngctl msg h:a getname
	atf_check -o inline:"free\n" python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 4001))
print("free")'
	# families that reach further than a network stack
	for name in 16/3/0 17/3/3 40/1/0 1000/1/0; do
		atf_check -s exit:71 -e match:"Address family" \
		    ngctl mkpeer h: ksocket z "$name"
	done
	# a jail's paths are not the host's
	make_jail j vnet
	atf_check -s exit:71 -e match:"Address family" \
	    jexec j ngctl mkpeer ksocket z local/dgram/0
	atf_check jexec j ngctl mkpeer ksocket z inet/dgram/udp
}

# tunnel ME OTHER: ng0 through a socket.
tunnel()
{
	cat <<-EOF
		mkpeer iface dummy inet
		rmhook dummy
		mkpeer ng0: ksocket inet inet/dgram/udp
		msg ng0:inet bind inet/192.0.2.$1:4028
		msg ng0:inet connect inet/192.0.2.$2:4028
	EOF
}

atf_test_case iface
iface_head()
{
	atf_set descr "The udp.tunnel of FreeBSD's examples between two stacks"
	atf_set timeout 120
	vm_also "kernel 6.1 has its own tun driver and verifier"
}
iface_body()
{
	make_jail far vnet allow.raw_sockets
	epair=$(ifconfig epair create)
	atf_check ifconfig "$epair" inet 192.0.2.1/24 up
	atf_check ifconfig "${epair%a}b" vnet far
	atf_check jexec far ifconfig "${epair%a}b" inet 192.0.2.2/24 up
	tunnel 1 2 | atf_check ngctl -f -
	tunnel 2 1 | atf_check jexec far ngctl -f -
	atf_check -o match:'^Args:	"ng0"$' ngctl msg ng0: getifname
	atf_check ngctl msg ng0: broadcast
	atf_check ngctl msg ng0: point2point
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Protocol family not supported\n" \
	    ngctl mkpeer ng0: hub ether x
	atf_check -s exit:71 -e inline:"ngctl: send msg: File exists\n" \
	    ngctl mkpeer ng0: hub inet x

	atf_check ifconfig ng0 inet 10.9.0.1 10.9.0.2
	atf_check jexec far ifconfig ng0 inet 10.9.0.2 10.9.0.1
	atf_check ifconfig ng0 up
	atf_check jexec far ifconfig ng0 up
	atf_check -s exit:71 -e match:"Device (or resource )?busy" \
	    ngctl msg ng0: broadcast
	wait_for 10 ping -q -c 1 -W 1 10.9.0.2 || atf_fail "no answer"
	# larger than one packet of the tunnel, both ways
	atf_check -o match:"2 received" \
	    ping -q -c 2 -i 0.2 -W 2 -s 4000 10.9.0.2
	# and TCP, with all that the stack leaves to a card
	counts far 10.9.0.2
	sends 10.9.0.2 1000000 >sent
	wait
	atf_check -o match:" 1000000\$" cat sent

	atf_check ngctl shutdown ng0:
	atf_check -s exit:1 -e ignore ifconfig ng0
}

atf_test_case kernel
kernel_head()
{
	atf_set descr "Interfaces that are joined in the graph: no broker needed"
}
kernel_body()
{
	atf_check ngctl -f - <<-'EOF'
		mkpeer iface x inet
		rmhook x
		mkpeer ng0: iface inet inet
		mkpeer ng0: iface inet6 inet6
	EOF
	atf_check -o match:"^  Name: ng2 " ngctl show ng2:
	atf_check ngctl msg ng2: broadcast
	atf_check -o match:"flags=[0-9a-f]+<BROADCAST,MULTICAST>" ifconfig ng2
	atf_check ngctl msg ng2: point2point
	atf_check -o match:"flags=[0-9a-f]+<POINTOPOINT,MULTICAST>" ifconfig ng2
	# ng0 and ng1 are the two ends of one wire; both are here, so that a
	# packet that is sent by one is received by the other
	atf_check ifconfig ng0 inet 10.9.0.1 10.9.0.2
	atf_check ifconfig ng1 inet 10.8.0.1 10.8.0.2
	atf_check ifconfig ng0 up
	atf_check ifconfig ng1 up
	kill_brokers
	cat >sniff.py <<-'EOF'
		import socket
		s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
		    socket.htons(0x0800))
		s.bind(("ng1", 0x0800))
		s.settimeout(10)
		print("ready", flush=True)
		d = s.recv(2000)
		print(d[9], socket.inet_ntoa(d[16:20]), len(d))
	EOF
	python3 sniff.py >sniffed &
	wait_for 10 grep -q ready sniffed || atf_fail "nobody listens"
	ping -q -c 3 -i 0.2 -W 1 -s 1000 10.9.0.2 >/dev/null
	wait
	atf_check -o inline:"ready\n1 10.9.0.2 1028\n" cat sniffed
	# units are the lowest that are free
	atf_check ngctl shutdown ng1:
	atf_check ngctl mkpeer ng0: iface inet inet
	atf_check -o match:"inet +ng1 +iface" ngctl show ng0:
	# an interface that somebody takes away
	atf_check ip link del ng1
	wait_for 10 sh -c '! ngctl show ng1: >/dev/null 2>&1' ||
	    atf_fail "a node without an interface"
	atf_check ngctl shutdown ng0:
	atf_check ngctl shutdown ng2:
	atf_check -o not-match:"ng[0-9]" ifconfig -l
}

atf_test_case netflow
netflow_head()
{
	atf_set descr "Flows between jails, told to a collector"
	atf_set timeout 120
	vm_also "kernel 6.1 has its own verifier of BPF programs"
}
netflow_body()
{
	atf_check ifconfig lo0 inet 127.0.0.1/8 up
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: netflow ether iface0
		name a:ether nf
		connect b: nf: ether out0
		msg nf: setifindex { iface=0 index=7 }
		mkpeer nf: ksocket export inet/dgram/udp
		msg nf:export connect inet/127.0.0.1:4444
		mkpeer nf: ksocket export9 inet/dgram/udp
		msg nf:export9 connect inet/127.0.0.1:4445
	EOF
	for hook in iface0 out0 export export9; do
		atf_check -s exit:71 \
		    -e inline:"ngctl: send msg: File exists\n" \
		    ngctl mkpeer nf: hub "$hook" x
	done
	for hook in export7 iface iface-1 iface65535 in0; do
		atf_check -s exit:71 \
		    -e inline:"ngctl: send msg: Invalid argument\n" \
		    ngctl mkpeer nf: hub "$hook" x
	done
	answer nf: ifinfo 0 >info
	atf_check -o inline:"{ data link type=1 index=7 conf=1 }\n" cat info
	atf_check -s exit:71 -e ignore ngctl msg nf: ifinfo 1
	atf_check -s exit:71 -e ignore \
	    ngctl msg nf: setdlt "{ iface=0 dlt=2 }"
	reaches a 10.0.0.2

	cat >collect.py <<-'EOF'
		import socket, struct
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 4444))
		s.settimeout(30)
		print("ready", flush=True)
		seen = {}
		while len(seen) < 2:
		    d = s.recv(2000)
		    version, count = struct.unpack(">HH", d[:4])
		    assert version == 5 and len(d) == 24 + 48 * count
		    for i in range(count):
		        r = struct.unpack(">4s4s4sHHIIIIHHBBBBHHBBH",
		            d[24 + 48 * i:72 + 48 * i])
		        a, b = map(socket.inet_ntoa, r[:2])
		        if r[13] == 17:
		            seen["udp"] = (a, b, r[3], r[5], r[6], r[10])
		        if r[13] == 6:
		            seen["tcp"] = (a, b, r[10], r[6] > 100000,
		                r[5] > 60, r[12] & 3)
		for k in sorted(seen):
		    print(k, *seen[k])
	EOF
	# version 9: the templates say what records are
	cat >collect9.py <<-'EOF'
		import socket, struct
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 4445))
		s.settimeout(30)
		print("ready", flush=True)
		form, seen, n = {}, {}, 0
		while len(seen) < 2:
		    d = s.recv(2000)
		    assert struct.unpack(">H", d[:2]) == (9,)
		    assert struct.unpack(">I", d[12:16]) == (n,)
		    n += 1
		    d = d[20:]
		    while d:
		        set, size = struct.unpack(">HH", d[:4])
		        body, d = d[4:size], d[size:]
		        while set == 0 and body:
		            t, k = struct.unpack(">HH", body[:4])
		            form[t] = struct.unpack(">%dH" % (2 * k),
		                body[4:4 + 4 * k])
		            body = body[4 + 4 * k:]
		        one = set and sum(form[set][1::2])
		        while set and len(body) >= one:
		            r = {}
		            for f, w in zip(form[set][::2], form[set][1::2]):
		                r[f], body = body[:w], body[w:]
		            num = lambda f: int.from_bytes(r[f], "big")
		            if num(4) == 17 and num(11) == 98:
		                six = 27 in r
		                name = socket.AF_INET6 if six else socket.AF_INET
		                seen[6 if six else 4] = [socket.inet_ntop(name,
		                    r[f]) for f in ((27, 28) if six else (8, 12))
		                    ] + [num(10), num(2), num(1)]
		for k in sorted(seen):
		    print(k, *seen[k])
	EOF
	python3 collect.py >told &
	python3 collect9.py >told9 &
	for told in told told9; do
		wait_for 10 grep -q ready $told || atf_fail "no collector"
	done
	atf_check jexec a ifconfig nic0 inet6 fd00::1/64 no_dad
	atf_check jexec b ifconfig nic0 inet6 fd00::2/64 no_dad
	atf_check ngctl msg nf: settimeouts "{ inactive=1 active=1800 }"
	jexec b python3 -c 'import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("10.0.0.2", 98))
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
v.bind(("fd00::2", 98))
s = socket.socket()
s.bind(("10.0.0.2", 99))
s.listen()
print("ready", flush=True)
c, _ = s.accept()
while c.recv(65536):
    pass' >served &
	wait_for 10 grep -q ready served || atf_fail "nobody listens"
	jexec a python3 -c 'import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(5):
    u.sendto(b"x" * 100, ("10.0.0.2", 98))
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for _ in range(3):
    v.sendto(b"x" * 100, ("fd00::2", 98))
c = socket.create_connection(("10.0.0.2", 99))
c.sendall(b"x" * 100000)
c.close()'
	wait
	atf_check -o inline:"ready\ntcp 10.0.0.1 10.0.0.2 99 True True 3\n\
udp 10.0.0.1 10.0.0.2 7 5 640 98\n" cat told
	atf_check -o inline:"ready\n4 10.0.0.1 10.0.0.2 7 5 640\n\
6 fd00::1 fd00::2 7 3 444\n" cat told9
	atf_check ngctl msg nf: settemplate "{ time=60 packets=20 }"
	answer nf: v9info >info
	atf_check -o inline:"{ v9 template packets=20 v9 template time=60 \
v9 MTU=1500 }\n" cat info
	answer nf: info >info
	atf_check -o match:"IPv6 packets=[1-9]" cat info
	atf_check -o match:"Inactive expiries=[0-9]+.* Inactive timeout=1 \
Active timeout=1800" cat info
	# both ways, and what is asked for that there is not
	atf_check ngctl msg nf: setconfig "{ iface=0 conf=7 }"
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Invalid argument\n" \
	    ngctl msg nf: setconfig "{ iface=0 conf=64 }"
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: No such file or directory\n" \
	    ngctl msg nf: setconfig "{ iface=1 conf=1 }"
	reaches b 10.0.0.1
}

atf_test_case nat
nat_head()
{
	atf_set descr "Translation between two jails, with what cards do"
	atf_set timeout 120
}
nat_body()
{
	eiface_jails a b
	if ! ngctl mkpeer a: nat ether out 2>refused; then
		atf_check -o match:"not supported" cat refused
		atf_skip "this kernel does not take nat's programs"
	fi
	atf_check ngctl -f - <<-'EOF'
		name a:ether nat
		connect b: nat: ether in
		msg nat: setdlt 1
		msg nat: setaliasaddr 10.0.0.100
		msg nat: setmode { flags=2 mask=2 }
	EOF
	mac=$(jexec a ifconfig nic0 | awk '$1 == "ether" { print $2 }')
	atf_check -o ignore jexec b arp -s 10.0.0.100 "$mac"
	reaches a 10.0.0.2
	counts b 10.0.0.2
	kill_brokers
	# megabytes: super-packets, whose checksums are still to be made
	sends 10.0.0.2 5000000 jexec a >sent
	wait
	atf_check -o inline:"10.0.0.100 5000000\n" cat sent
	answer nat: libaliasinfo >info
	atf_check -o match:"icmpLinkCount=[1-9][0-9]* tcpLinkCount=1 " cat info

	# the other way: refused, and redirected
	jexec a python3 -c 'import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("10.0.0.1", 53))
print("ready", flush=True)
d, peer = u.recvfrom(100)
u.sendto(d + b" from " + peer[0].encode(), peer)' >served &
	wait_for 10 grep -q ready served || atf_fail "nobody listens"
	atf_check -s exit:1 -o ignore \
	    jexec b ping -q -c 1 -W 1 10.0.0.100
	answer nat: redirectport "{ local_addr=10.0.0.1 local_port=53 \
alias_port=5353 proto=17 }" >id
	atf_check -o inline:"1\n" cat id
	atf_check -o inline:"('10.0.0.100', 5353) hello from 10.0.0.2\n" \
	    jexec b python3 -c 'import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(30)
u.sendto(b"hello", ("10.0.0.100", 5353))
d, peer = u.recvfrom(100)
print(peer, d.decode())'
	wait
}

atf_init_test_cases()
{
	atf_add_test_case pipe
	atf_add_test_case car
	atf_add_test_case source
	atf_add_test_case ksocket
	atf_add_test_case iface
	atf_add_test_case kernel
	atf_add_test_case netflow
	atf_add_test_case nat
}

#! /usr/bin/env atf-sh
# Filter programs and patches between jails, set by ngctl; brokers that are
# killed.  (tests/unit/ngfilter_test.c goes through instructions, operations
# and everything that is refused.)
. "$(atf_get_srcdir)/common.sh" || exit

# program HOOK OTHER: all but ICMP goes from HOOK to OTHER (tcpdump -d "not
# icmp").
program()
{
	echo "{ thisHook=\"$1\" ifMatch=\"$2\" bpf_prog_len=6 \
bpf_prog=[ { code=0x28 k=12 } { code=0x15 jf=3 k=2048 } { code=0x30 k=23 } \
{ code=0x15 jf=1 k=1 } { code=0x6 } { code=0x6 k=262144 } ] }"
}
# all HOOK OTHER: everything does
all()
{
	echo "{ thisHook=\"$1\" ifMatch=\"$2\" bpf_prog_len=1 \
bpf_prog=[ { code=0x6 k=262144 } ] }"
}

atf_test_case filter
filter_head()
{
	atf_set descr "A bpf node between jails drops what its program says"
	atf_set timeout 120
	vm_also "kernel 6.1 has its own verifier of BPF programs"
}
filter_body()
{
	eiface_jails a b
	atf_check ngctl -f - <<-EOF
		mkpeer a: bpf ether a
		name a:ether f
		connect b: f: ether b
		msg f: setprogram $(all b a)
	EOF
	jail_lost a 2 # a new hook's program
	atf_check ngctl msg f: setprogram "$(all a b)"
	jail_reaches a 2
	atf_check ngctl msg f: setprogram "$(program a b)"
	jail_lost a 2
	ngctl msg f: getprogram '"a"' | sed -n 's/^Args:	//p' >got
	program a b >want
	atf_check -o file:want cat got
	atf_check -o match:"recvFrames=[0-9]+ .*recvMatchFrames=[0-9]+" \
	    ngctl msg f: getstats '"a"'
	kill_brokers
	jail_lost a 2
	ngctl msg f: getprogram '"a"' | sed -n 's/^Args:	//p' >got
	program a b >want
	atf_check -o file:want cat got
	atf_check ngctl msg f: setprogram "$(all a b)"
	jail_reaches a 2
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Invalid argument\n" \
	    ngctl msg f: setprogram \
	    '{ thisHook="a" bpf_prog_len=1 bpf_prog=[ { code=0x28 } ] }'
}

atf_test_case patch
patch_head()
{
	atf_set descr "A patch node takes one from the time to live of \
packets, a checksum node repairs what it breaks"
	atf_set timeout 120
}
patch_body()
{
	ops="ops=[ { offset=8 length=1 mode=3 value=1 } ]"
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: patch ether in
		name a:ether p
		mkpeer p: checksum out in
		name p:out c
		connect b: c: ether out
		msg p: setdlt 1
		msg c: setdlt 1
	EOF
	jail_reaches a 2
	atf_check -o match:"ttl=64" jexec a ping -c 1 -W 5 10.0.0.2
	# a's answers come by in
	atf_check ngctl msg p: setconfig \
	    "{ count=1 csum_flags=7 relative_offset=1 $ops }"
	atf_check -o match:"ttl=63" jexec b ping -c 1 -W 5 10.0.0.1
	kill_brokers
	atf_check -o match:"ttl=63" jexec b ping -c 1 -W 5 10.0.0.1
	# without the checksum nobody takes them
	atf_check ngctl msg p: setconfig "{ count=1 relative_offset=1 $ops }"
	jail_lost b 1
	atf_check ngctl msg c: setconfig "{ csum_flags=1 }"
	atf_check -o match:"ttl=63" jexec b ping -c 1 -W 5 10.0.0.1
	# and of TCP, as Linux has it on a machine: put off, in super-packets
	atf_check ngctl msg c: setconfig "{ csum_flags=7 }"
	kill_brokers
	cat >tcp.py <<-'EOF'
		import socket, sys
		if sys.argv[1] == "b":
		    s = socket.create_server(("10.0.0.2", 99))
		    print("ready", flush=True)
		    c, _ = s.accept()
		    print(sum(len(d) for d in iter(lambda: c.recv(65536), b"")))
		else:
		    with socket.create_connection(("10.0.0.2", 99), 10) as c:
		        c.sendall(b"x" * 300000)
	EOF
	jexec b python3 - b <tcp.py >received &
	wait_for 10 grep -q ready received || atf_fail "nobody listens"
	jexec a python3 - a <tcp.py || atf_fail "no connection"
	wait
	atf_check -o inline:"ready\n300000\n" cat received
	atf_check -o match:"Received=[0-9]+ Patched=[0-9]+ " \
	    ngctl msg p: getstats
	atf_check -o match:"Received=[0-9]+ Processed=[0-9]+ " \
	    ngctl msg c: getstats
}

atf_test_case tag
tag_head()
{
	atf_set descr "What one tag node puts on packets, another looks for"
	atf_set timeout 120
}
tag_body()
{
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: tag ether a
		name a:ether t
		mkpeer t: tag out in
		name t:out u
		connect b: u: ether b
		msg t: sethookin { thisHook="a" ifNotMatch="out" }
		msg t: sethookin { thisHook="out" ifNotMatch="a" }
		msg u: sethookin { thisHook="b" ifNotMatch="in" }
		msg u: sethookin { thisHook="in" ifMatch="b" tag_cookie=1148380143 tag_id=412 }
	EOF
	jail_lost a 2
	atf_check ngctl msg t: sethookout \
	    '{ thisHook="out" tag_cookie=1148380143 tag_id=412 }'
	jail_reaches a 2
	kill_brokers
	atf_check -o match:"tag_id=412" ngctl msg t: gethookout '"out"'
	jail_reaches b 1
	atf_check ngctl msg t: sethookout \
	    '{ thisHook="out" tag_cookie=1148380143 tag_id=413 }'
	jail_lost a 2
	atf_check -o match:"recvFrames=[0-9]+ .*recvMatchFrames=[0-9]+" \
	    ngctl msg u: getstats '"in"'
}

atf_init_test_cases()
{
	atf_add_test_case filter
	atf_add_test_case patch
	atf_add_test_case tag
}

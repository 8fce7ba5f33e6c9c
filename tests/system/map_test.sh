#! /usr/bin/env atf-sh
# cellblock map: that what is drawn is what runs.
. "$(atf_get_srcdir)/common.sh" || exit

# cable N: epairN with its a end up on bridge0
cable()
{
	atf_check -o ignore ifconfig "epair$1" create
	atf_check ifconfig "epair${1}a" up
	atf_check ifconfig bridge0 addm "epair${1}a"
}

# make_jail NAME INTERFACE [ADDRESS]
make_jail()
{
	atf_check -o ignore jail -c name="$1" path=/ vnet persist \
	    vnet.interface="$2"
	[ $# -lt 3 ] || atf_check jexec "$1" ifconfig "$2" inet "$3" up
}

make_bridge()
{
	atf_check -o ignore ifconfig bridge0 create
	atf_check ifconfig bridge0 inet 192.0.2.1/24 up
}

# map ARGS...: the drawing must be that of standard input
map()
{
	cat >want
	atf_check -o file:want cellblock map "$@"
}

atf_test_case lab
lab_head()
{
	atf_set descr "Two jails on a bridge, a span port, a gateway; then none"
}
lab_body()
{
	make_bridge
	cable 1
	cable 2
	make_jail snort epair1b 192.0.2.2/24
	make_jail other epair2b 192.0.2.3/24
	atf_check -o ignore jexec other route add default 192.0.2.1
	atf_check -o ignore ifconfig epair3 create
	atf_check ifconfig epair3a up
	atf_check ifconfig bridge0 span epair3a
	atf_check ifconfig epair3b vnet snort
	atf_check jexec snort ifconfig epair3b up
	map --unicode <<'EOF'
┌─ host ──────────────────────────────────────────────┐
│  ┌─ bridge0 ──────┐                                 │
│  │ 192.0.2.1/24   │      ┌─ snort ───────────────┐  │
│  │        epair1a ├──────┤ epair1b  192.0.2.2/24 │  │
│  │ span ⇒ epair3a ├┄┄┄┄┄┄┤ epair3b               │  │
│  │                │      └───────────────────────┘  │
│  │                │      ┌─ other ───────────────┐  │
│  │        epair2a ├──────┤ epair2b  192.0.2.3/24 │  │
│  └────────────────┘      │ gateway  192.0.2.1    │  │
│                          └───────────────────────┘  │
└─────────────────────────────────────────────────────┘
EOF
	map --ascii -w 44 <<'EOF'
+- host ------------------------+
|     +- bridge0 -------------+ |
|     | 192.0.2.1/24          | |
| +---+ epair2a               | |
| |+--+ epair1a               | |
| ||+=+ epair3a  span         | |
| ||: +-----------------------+ |
| ||: +- snort ---------------+ |
| ||+=+ epair3b               | |
| |+--+ epair1b  192.0.2.2/24 | |
| |   +-----------------------+ |
| |   +- other ---------------+ |
| +---+ epair2b  192.0.2.3/24 | |
|     | gateway  192.0.2.1    | |
|     +-----------------------+ |
+-------------------------------+
EOF
	atf_check -o ignore jail -r snort other
	for i in 1 2 3; do
		atf_check ifconfig epair${i}a destroy
	done
	atf_check ifconfig bridge0 destroy
	map --ascii <<'EOF'
+- host --------+
| no interfaces |
+---------------+
EOF
}

atf_test_case alike
alike_head()
{
	atf_set descr "Cables whose ends have the same numbers are not mixed up"
}
alike_body()
{
	# every jail's cable has the same index there
	for i in 1 2 3; do
		atf_check -o ignore ifconfig epair$i create
		atf_check ifconfig epair${i}a inet 10.0.$i.1/30
		make_jail j$i epair${i}b 10.0.$i.2/30
	done
	# one between two jails, and one that leaves for a namespace unknown
	atf_check -o ignore ifconfig epair4 create
	atf_check ifconfig epair4a vnet j1
	atf_check ifconfig epair4b vnet j2
	atf_check ip netns add elsewhere
	atf_check -o ignore ifconfig epair5 create
	atf_check ifconfig epair5a inet 10.0.5.1/30
	atf_check ip link set epair5b netns elsewhere
	map --unicode <<'EOF'
┌─ host ──────────────────────────────────────────────────────────────┐
│  ┌─────────────────────────────────┐                                │
│  │ epair5a  10.0.5.1/30  ⇒ outside │                                │
│  └─────────────────────────────────┘                                │
│  ┌─────────────────────────────────┐      ┌─ j1 ─────────────────┐  │
│  │ epair1a  10.0.1.1/30            ├──────┤ epair1b  10.0.1.2/30 │  │
│  └─────────────────────────────────┘  ╭───┤ epair4a  down        │  │
│                                       │   └──────────────────────┘  │
│                                       │   ┌─ j2 ─────────────────┐  │
│  ┌─────────────────────────────────┐  ╰───┤ epair4b  down        │  │
│  │ epair2a  10.0.2.1/30            ├──────┤ epair2b  10.0.2.2/30 │  │
│  └─────────────────────────────────┘      └──────────────────────┘  │
│  ┌─────────────────────────────────┐      ┌─ j3 ─────────────────┐  │
│  │ epair3a  10.0.3.1/30            ├──────┤ epair3b  10.0.3.2/30 │  │
│  └─────────────────────────────────┘      └──────────────────────┘  │
└─────────────────────────────────────────────────────────────────────┘
EOF
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail in a jail, from outside, from within, from below"
}
nested_body()
{
	make_bridge
	cable 1
	atf_check -o ignore jail -c name=lab vnet persist block.root=copy \
	    children.max=4 vnet.interface=epair1b
	atf_check jexec lab ifconfig epair1b inet 192.0.2.2/24
	atf_check -o ignore jexec lab ifconfig epair7 create
	atf_check jexec lab ifconfig epair7a inet 10.7.0.1/30
	atf_check -o ignore jexec lab jail -c name=web vnet persist \
	    block.root=copy vnet.interface=epair7b
	atf_check jexec lab.web ifconfig epair7b inet 10.7.0.2/30
	map --unicode <<'EOF'
┌─ host ──────────────────────────────────────────────────┐
│  ┌─ bridge0 ────┐      ┌─ lab ───────────────────────┐  │
│  │ 192.0.2.1/24 │      │   ┌───────────────────────┐ │  │
│  │      epair1a ├──────┼───┤ epair1b  192.0.2.2/24 │ │  │
│  └──────────────┘      │   └───────────────────────┘ │  │
│                        │   ┌───────────────────────┐ │  │
│                        │ ╭─┤ epair7a  10.7.0.1/30  │ │  │
│                        │ │ └───────────────────────┘ │  │
│                        │ │ ┌─ web ─────────────────┐ │  │
│                        │ ╰─┤ epair7b  10.7.0.2/30  │ │  │
│                        │   └───────────────────────┘ │  │
│                        └─────────────────────────────┘  │
└─────────────────────────────────────────────────────────┘
EOF
	map --unicode lab <<'EOF'
┌─ lab ────────────────────────────────────────────────────────────────┐
│  ┌──────────────────────────────────┐                                │
│  │ epair1b  192.0.2.2/24  ⇒ outside │                                │
│  └──────────────────────────────────┘                                │
│  ┌──────────────────────────────────┐      ┌─ web ────────────────┐  │
│  │ epair7a  10.7.0.1/30             ├──────┤ epair7b  10.7.0.2/30 │  │
│  └──────────────────────────────────┘      └──────────────────────┘  │
└──────────────────────────────────────────────────────────────────────┘
EOF
	# it sees the same from within
	atf_check -o file:want jexec lab cellblock map --unicode
	map --unicode lab.web <<'EOF'
┌─ lab.web ───────────────────────┐
│ epair7b  10.7.0.2/30  ⇒ outside │
└─────────────────────────────────┘
EOF
}

atf_test_case forms
forms_head()
{
	atf_set descr "JSON, Graphviz, SVG, files"
}
forms_body()
{
	need dot
	make_bridge
	cable 1
	make_jail www epair1b 192.0.2.2/24
	atf_check -o save:json cellblock map --json
	atf_check -o match:'"jid": 1,' -o match:'"path": "www",' \
	    -o match:'"bridge": "bridge0",' -o match:'"192.0.2.2/24"' cat json
	atf_check -o inline:'      "a": {
        "jid": 0,
        "interface": "epair1a"
      },
      "b": {
        "jid": 1,
        "interface": "epair1b"
      }
' sed -n '/"a": {/,/^    }/{/^    }/!p;}' json
	atf_check -o save:dot cellblock map --dot
	atf_check -o match:'<svg' -o match:'epair1b' dot -Tsvg dot
	atf_check -o match:'<svg' -o match:'epair1b' cellblock map --svg
	atf_check cellblock map --svg=a.svg
	atf_check -o match:'epair1b' cat a.svg
	atf_check cellblock map -o drawing
	# a file gets box-drawing characters and no colour, whatever the locale
	atf_check -o match:'─ www ─' -o not-match:"$(printf '\033')" \
	    cat drawing
	atf_check -o match:"$(printf '\033')\\[1mwww" \
	    cellblock map --colour=always
	# what is no file is not replaced by one
	atf_check mkfifo pipe
	cat pipe >piped &
	atf_check cellblock map -o pipe
	wait
	atf_check test -p pipe
	atf_check -o file:drawing cat piped
	# the file stays as it was when there is nothing to put there
	atf_check -s exit:1 -e ignore cellblock map --svg=drawing nojail
	atf_check -o match:'─ www ─' cat drawing
	atf_check -s exit:1 \
	    -e inline:"cellblock map: --svg needs dot(1), which is not installed (Debian package graphviz)\n" \
	    env PATH=/nonexistent "$(command -v cellblock)" map --svg
}

atf_test_case errors
errors_head()
{
	atf_set descr "What cannot be drawn, and wrong words"
}
errors_body()
{
	atf_check -s exit:1 -e inline:"cellblock map: jail \"nojail\" not found\n" \
	    cellblock map nojail
	atf_check -s exit:1 -e match:"-w: expected a number" cellblock map -w 3
	atf_check -s exit:1 -e match:"exclude each other" \
	    cellblock map --dot --json
	atf_check -s exit:1 -e match:"^usage: cellblock map" cellblock map a b
	atf_check -s exit:1 -e match:"^usage: cellblock map" \
	    cellblock map --no-such
	atf_check -o match:"^usage: cellblock map" cellblock map --help
	atf_check -s exit:1 -e match:"standard output" \
	    sh -c 'cellblock map >/dev/full'
}

atf_init_test_cases()
{
	atf_add_test_case lab
	atf_add_test_case alike
	atf_add_test_case nested
	atf_add_test_case forms
	atf_add_test_case errors
}

#! /usr/bin/env atf-sh
# Completion in bash and zsh: what is offered for the words of a command line.
. "$(atf_get_srcdir)/common.sh" || exit

# make_offer: a program offer WORD... that prints what bash offers for the
# last word, one candidate a line.  Words that bash would split at "=" are
# given split.
make_offer()
{
	cat >offer <<'EOF'
#!/bin/bash
source "$CB_SRC/completions/bash/$1" || exit
compopt() { :; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
if declare -F "_$1" >/dev/null; then
	"_$1"
else
	_freebsd "$1"
fi
printf '%s\n' "${COMPREPLY[@]}"
EOF
	chmod +x offer
}

# Two running jails and one whose name is a trap.
some_jails()
{
	mkdir -p /run/cellblock/names
	ln -s 1 /run/cellblock/names/snort
	ln -s 2 /run/cellblock/names/snort.child
	ln -s 3 "/run/cellblock/names/\$(touch trap)"
}

atf_test_case names
names_head()
{
	atf_set descr "Running jails are offered, whatever they are called"
}
names_body()
{
	make_offer
	some_jails
	atf_check -o inline:"snort\nsnort.child\n" ./offer jexec sno
	atf_check -o inline:"snort\nsnort.child\n" ./offer jexec -l sno
	atf_check -o inline:"snort\nsnort.child\n" ./offer jls -j s
	atf_check -o inline:"snort.child\n" ./offer jail -r snort.
	atf_check -o inline:"snort\nsnort.child\n" ./offer cellblock map s
	atf_check -o inline:"snort\nsnort.child\n" ./offer cellblock jexec s
	atf_check -o inline:'\\$\\(touch\\ trap\\)\n' ./offer jexec '$'
	atf_check -s exit:1 test -e trap
	# the command inside is no jail
	atf_check -o not-match:snort ./offer jexec snort sn
}

atf_test_case words
words_head()
{
	atf_set descr "Flags, parameters, interfaces, subcommands"
}
words_body()
{
	make_offer
	atf_check -o inline:"vnet\nvnet.interface=\n" ./offer jail -c vn
	ip link add epair0a type veth peer name epair0b
	atf_check -o inline:"epair0a\nepair0b\n" \
	    ./offer jail -c vnet.interface = ep
	atf_check -o inline:"lo0\n" ./offer cellblock ifconfig lo
	atf_check -o inline:"-J\n" ./offer jail -J
	atf_check -o inline:"map\n" ./offer cellblock ma
	atf_check -o inline:"--json\n" ./offer cellblock map --j
	atf_check -o inline:"ip4.addr\n" ./offer jls ip4.a
	some_jails
	atf_check -o inline:"snort\nsnort.child\n" ./offer rctl -a jail : s
	atf_check -o inline:"memoryuse\nmemorylocked\n" \
	    ./offer rctl -a jail : snort : mem
	atf_check -o inline:"deny=\n" ./offer rctl jail : snort : nthr : de
	atf_check -o inline:"ruleset\n" ./offer cellblock devfs rules
	atf_check -o inline:"snort\nsnort.child\n" ./offer cellblock devfs -j s
	atf_check -o inline:"delset\n" ./offer cellblock devfs rule -s 4 dels
	atf_check -o inline:"4\n" ./offer cellblock devfs rule -s 4
	atf_check -o inline:"unhide\n" \
	    ./offer cellblock devfs rule add path null un
}

atf_test_case complete
complete_head()
{
	atf_set descr "Every parameter and option of the programs is offered"
}
complete_body()
{
	make_offer
	# rows of the table, less what cannot be given
	sed -n '/^static const struct param_def params/,/^};/s/^	{"\([^"]*\)".*/\1/p' \
	    "$CB_SRC/src/jail/param.c" |
	    grep -vxE 'parent|dying|children\.cur|meta|env' | sort >want
	atf_check -o not-empty cat want
	bash -c 'source "$CB_SRC/completions/bash/cellblock"
	    printf "%s\n" $_cellblock_params' | sed 's/=$//' |
	    grep -vxE 'meta\.|env\.' | sort >have
	atf_check diff -u want have
	sed -n '/^} resources\[\]/,/^};/s/.*= {"\([^"]*\)".*/\1/p' \
	    "$CB_SRC/src/jail/rctl_rule.c" | sort >want
	atf_check -o not-empty cat want
	bash -c 'source "$CB_SRC/completions/bash/cellblock"
	    printf "%s\n" $_cellblock_resources' | sort >have
	atf_check diff -u want have
	# each row of the tables of ifconfig's words; which have an opposite
	awk '
	/^const struct ifconfig_word / { on = 1 }
	/^};/ { on = 0 }
	on && /^\t(\{|[A-Z0-9_]+\()"/ {
		split($0, quoted, "\"")
		neg = /^\t(EXT|CAP|KEPT|ND6|ND6_SHOWN|LATER_NEG)\(/ ||
		    (/^\tFLAG/ && !/false/) || /", *[0-9], *true/
		print quoted[2] (neg ? "-" : "")
	}' "$CB_SRC"/src/net/ifconfig_*.c | sort >want
	atf_check -o not-empty cat want
	bash -c 'source "$CB_SRC/completions/bash/cellblock"
	    printf "%s\n" $_cellblock_ifconfig_words' | sort >have
	atf_check diff -u want have
	atf_check -o inline:"-promisc\n" ./offer cellblock ifconfig bridge0 -pro
	for cmd in jail:jail/jailcmd_args.c jls:jail/jls.c \
	    jexec:cmd/cmd_jexec.c; do
		letters=$(sed -n 's/.*getopt_long(.*"+:\([^"]*\)".*/\1/p' \
		    "$CB_SRC/src/${cmd#*:}")
		cmd=${cmd%%:*}
		[ -n "$letters" ] || atf_fail "no options of $cmd found"
		echo "$letters" | tr -d ':\n' | fold -w1 | sort >want
		./offer "$cmd" - | sed 's/^-//' | sort >have
		diff -u want have || atf_fail "options of $cmd"
	done
}

atf_test_case freebsd
freebsd_head()
{
	atf_set descr "FreeBSD's other commands: options, services, variables"
}
freebsd_body()
{
	local c cmd letters

	make_offer
	# each service's own words, but for those that all have
	sed -n '/^static const struct service_word words/,/^};/s/^	{"\([^"]*\)", "\([^"]*\)".*/\1 \2/p' \
	    "$CB_SRC/src/cmd/service_word.c" |
	    grep -vE ' (start|stop|restart)$' | sort >want
	atf_check -o not-empty cat want
	bash -c '. "$CB_SRC/completions/bash/sysrc"
	    for s in "${!_freebsd_words[@]}"; do
		    printf "$s %s\n" ${_freebsd_words[$s]}
	    done' | sort >have
	atf_check diff -u want have
	# cmd:file, where its options are; all of build/bin has some
	for cmd in arp:arp cpuset:cpuset daemon:daemon dhclient:dhclient \
	    freebsd-version:freebsd_version ifconfig:ifconfig jot:jot \
	    ndp:ndp netstat:netstat pflogd:pflogd rc:rc rcorder:rcorder \
	    service:service sockstat:sockstat sysctl:sysctl sysrc:sysrc uname:uname; do
		letters=$(tr -d ' \t\n' <"$CB_SRC/src/cmd/cmd_${cmd#*:}.c" |
		    sed -n 's/.*getopt[_a-z]*(\**argc,\**argv,"+*:*\([^"]*\)".*/\1/p')
		cmd=${cmd%%:*}
		[ -n "$letters" ] || atf_fail "no options of $cmd found"
		# what is refused is not offered
		[ "$cmd" != dhclient ] || letters=${letters%u}
		atf_check_equal "$cmd $letters" "$cmd $(bash -c '
		    . "$CB_SRC/completions/bash/sysrc"
		    echo "${_freebsd_letters[$1]}"' - "$cmd")"
	done
	letters=$(tr -d ' \t\n"' <"$CB_SRC/src/pf/ctl_args.c" |
	    sed -n 's/.*getopt(argc,argv,+\([^)]*\)).*/\1/p' | tr -d :)
	echo "j$letters" | fold -w1 | sort >want
	atf_check -o match:'^T$' cat want
	./offer pfctl - | sed 's/^-//' | sort >have
	atf_check diff -u want have
	for c in "$CB_BIN"/*; do
		c=${c##*/}
		case $c in
		cellblock|dhclient-script|jail|jls|jexec|rctl|devfs) continue ;;
		ngctl|nghook|pfctl) continue ;;
		esac
		bash -c '. "$CB_SRC/completions/bash/sysrc"
		    [[ -v _freebsd_letters[$1] ]]' - "$c" ||
		    atf_fail "nothing is offered for $c"
	done
	some_jails
	atf_check -o inline:"netif\n" ./offer cellblock service neti
	atf_check -o inline:"restart\nreload\nresync\n" \
	    ./offer cellblock service pf re
	atf_check -o inline:"vnetup\nvnetdown\n" \
	    ./offer cellblock service netif vn
	atf_check -o inline:"console\nconfig\n" \
	    ./offer cellblock service jail con
	atf_check -o inline:"snort\nsnort.child\n" \
	    ./offer cellblock service jail restart sn
	atf_check -o inline:"onestart\nonestop\n" \
	    ./offer cellblock service netif onest
	atf_check -o inline:"lo0\n" ./offer cellblock service netif restart lo
	atf_check -o inline:"gateway_enable=\n" ./offer sysrc gatewa
	atf_check -o inline:"YES\nNO\n" ./offer sysrc gateway_enable =
	atf_check -o inline:"YES\n" ./offer sysrc rc_startmsgs = Y
	atf_check -o inline:"\n" ./offer sysrc hostname =
	atf_check -o inline:"snort\nsnort.child\n" ./offer sysrc -n -j s
	atf_check -o inline:"netif\n" ./offer sysrc -s neti
	atf_check -o inline:"lo0\n" ./offer cellblock netstat -n -I lo
	atf_check -o inline:"monitor\n" ./offer cellblock route -n mon
	atf_check -o inline:"kern.hostname\n" \
	    ./offer cellblock sysctl kern.hostn
	atf_check -o inline:"start\n" ./offer cellblock rc -n sta
	atf_check -o match:"^-n$" -o match:"^-q$" ./offer kldload -
}

# letters_of < TEXT: each letter that stands behind a single "-", once.
letters_of()
{
	sed -e 's/-\[\([A-Za-z]*\)\]/-\1/g' -e 's/-\(inet6*\|net\|host\)\>//g' |
	    grep -oE '(^|[^[:alnum:]_-])-[[:alnum:]]+' | sed 's/.*-//' |
	    fold -w1 | sort -u | tr -d '\n'
}

atf_test_case synopsis
synopsis_head()
{
	atf_set descr "Manual page, usage and completion know the same options"
	atf_set require.progs mandoc
}
synopsis_body()
{
	local c have offered old page

	make_offer
	ngctl_offer
	for c in "$CB_BIN"/*; do
		c=${c##*/}
		case $c in
		cellblock|dhclient-script) continue ;;
		esac
		page=$(echo "$CB_SRC"/man/"$c".[18])
		have=$(mandoc -Tascii -Owidth=500 "$page" | sed 's/.\x08//g' |
		    sed -n "/^SYNOPSIS/,/^DESC/s/^ *$c / /p" | letters_of)
		# devfs(8) of FreeBSD says no options either
		[ "$c" = devfs ] || atf_check_equal "$c $have" \
		    "$c $("$CB_BIN/$c" --help 2>&1 | letters_of)"
		# what is understood for the sake of old scripts
		case $c in
		freebsd-version) old=h ;;
		jexec) old=n ;;
		jls) old=a ;;
		sysctl) old=AXw ;;
		*) old= ;;
		esac
		case $c in
		devfs) offered='-jm -s' ;;
		jail|jexec|jls|rctl|pfctl) offered=$(./offer "$c" -) ;;
		ngctl|nghook) offered=$(./line "$c -") ;;
		*)
			offered=-$(bash -c '
			    . "$CB_SRC/completions/bash/sysrc"
			    echo "${_freebsd_letters[$1]//:/}"' - "$c")
			;;
		esac
		atf_check_equal "$c $(echo "-$have$old" | letters_of)" \
		    "$c $(echo "$offered" | letters_of)"
	done
	for c in up down diff status map trace pflog shell doctor; do
		[ "$c" = shell ] || atf_check -s not-exit:0 \
		    -e match:"^cellblock $c: .*option" \
		    -e match:"^usage: cellblock $c" \
		    "$CB_BIN/cellblock" "$c" --nosuch
		atf_check -o save:usage "$CB_BIN/cellblock" "$c" --help
		page=$CB_SRC/man/cellblock.1
		[ "$c" != map ] || page=$CB_SRC/man/cellblock-map.1
		have=$(mandoc -Tascii -Owidth=500 "$page" | sed 's/.\x08//g' |
		    sed -n "/^SYNOPSIS/,/^DESC/s/^ *cellblock $c / /p")
		atf_check_equal "$c $(echo "$have" | letters_of)" \
		    "$c $(sed 's,[|] tcpdump.*,,' usage | letters_of)"
		atf_check_equal "$c $(echo "$have" | grep -oE -- '--[a-z]+' |
		    sort -u | tr '\n' ' ')" \
		    "$c $(grep -oE -- '--[a-z]+' usage | sort -u | tr '\n' ' ')"
	done
	# zsh has the same letters as bash
	bash -c '. "$CB_SRC/completions/bash/sysrc"
	    for c in "${!_freebsd_letters[@]}"; do
		    echo "$c ${_freebsd_letters[$c]}"
	    done' | grep -vE '^(ifconfig|service|sysrc) ' | sort >want
	sed -n '/^	letters=(/,/^	)/p' \
	    "$CB_SRC/completions/zsh/_cellblock" | sed '1d;$d' |
	    tr -s ' \t\n' '\n' | sed "/^$/d;s/''//" | paste -d ' ' - - |
	    sort >have
	atf_check diff -u want have
	bash -c '. "$CB_SRC/completions/bash/cellblock"
	    printf "%s\n" $_cellblock_params' | sed 's/=$//' >want
	sed -n '/^	params=(/,/^	)/p' "$CB_SRC/completions/zsh/_cellblock" |
	    sed '1d;$d' | tr -s ' \t' '\n' | sed '/^$/d' >have
	atf_check diff -u want have
	bash -c '. "$CB_SRC/completions/bash/cellblock"
	    printf "%s\n" $_cellblock_resources' >want
	sed -n '/_values -S .* resource /,/elif/p' \
	    "$CB_SRC/completions/zsh/_cellblock" |
	    sed 's/.* resource //;s/[\]$//;$d' | tr -s ' \t' '\n' |
	    sed '/^$/d' >have
	atf_check diff -u want have
}

atf_test_case zsh
zsh_head()
{
	atf_set descr "The zsh file is one that zsh can load"
	atf_set require.progs zsh
}
zsh_body()
{
	atf_check zsh -n "$CB_SRC/completions/zsh/_cellblock"
	atf_check -o inline:"_cellblock _cellblock _cellblock\n" zsh -fc '
		fpath=($CB_SRC/completions/zsh $fpath)
		autoload -Uz compinit && compinit -u -d dump
		print -r -- $_comps[jexec] $_comps[ngctl] $_comps[sysrc]'
}

# What bash offers at the end of a line of ngctl or nghook.
ngctl_offer()
{
	cat >line <<-'EOF'
		#!/bin/bash
		source "$CB_SRC/completions/bash/ngctl" || exit
		compopt() { :; }
		COMP_LINE=$1 COMP_POINT=${#1}
		"_${1%% *}"
		printf '%s\n' "${COMPREPLY[@]}"
	EOF
	chmod +x line
}

atf_test_case ngctl
ngctl_head()
{
	atf_set descr "ngctl, nghook: commands, nodes, hooks, types"
}
ngctl_body()
{
	ngctl_offer
	some_jails
	atf_check ngctl -f - <<-'EOF'
		mkpeer . hub x a
		name .x switch
		msg switch: setpersistent
		mkpeer switch: hub link0 b
		mkpeer switch: hub link1 c
	EOF
	atf_check -o inline:"show\nshutdown\nstatus\n" ./line "ngctl s"
	atf_check -o inline:"switch:\n" ./line "ngctl show s"
	atf_check -o inline:"switch:\n" ./line "ngctl -d -n x show s"
	atf_check -o inline:"switch:\n" ./line "ngctl show -n s"
	atf_check -o inline:"link1\nlink0\n" ./line "ngctl kill switch:"
	atf_check -o inline:"link1\nlink0\n" \
	    ./line "ngctl disconnect switch: "
	# not the node of the ngctl that was asked
	atf_check -o inline:"\n" ./line "ngctl show ngctl"
	: >a-file
	atf_check -o inline:"a-file\n" ./line "ngctl write x -f a-"
	atf_check -o inline:"a-file\n" ./line "ngctl source a-"
	# what stands before the last colon is there already
	atf_check -o inline:"link1\nlink0\n" ./line "ngctl show switch:"
	atf_check -o inline:"link1\n" ./line "ngctl msg switch:link1"
	atf_check -o inline:"link1.c\n" ./line "ngctl show switch:link1."
	atf_check -o inline:"link1\nlink0\n" ./line "ngctl rmhook switch: "
	atf_check -o inline:"hub\n" ./line "ngctl mkpeer switch: hu"
	atf_check -o inline:"hub\n" ./line "ngctl mkpeer hu"
	atf_check -o inline:"nodeinfo\n" ./line "ngctl msg switch: no"
	atf_check -o inline:"mkpeer\nmsg\n" ./line "ngctl help m"
	atf_check -o inline:"snort\nsnort.child\n" ./line "ngctl -j s"
	atf_check -o inline:"-d\n-f\n-j\n-n\n" ./line "ngctl -"
	atf_check -o inline:"switch:\n" ./line "nghook -a s"
	atf_check -o inline:"link0\n" ./line "nghook switch: link0"
}

atf_init_test_cases()
{
	atf_add_test_case names
	atf_add_test_case words
	atf_add_test_case complete
	atf_add_test_case freebsd
	atf_add_test_case synopsis
	atf_add_test_case zsh
	atf_add_test_case ngctl
}

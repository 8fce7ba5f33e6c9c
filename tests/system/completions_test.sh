#! /usr/bin/env atf-sh
# Completion in bash and zsh: what is offered for the words of a command line.
. "$(atf_get_srcdir)/common.sh"

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
"_$1"
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

atf_test_case zsh
zsh_head()
{
	atf_set descr "The zsh file is one that zsh can load"
	atf_set require.progs zsh
}
zsh_body()
{
	atf_check zsh -n "$CB_SRC/completions/zsh/_cellblock"
	atf_check -o inline:"_cellblock\n" zsh -fc '
		fpath=($CB_SRC/completions/zsh $fpath)
		autoload -Uz compinit && compinit -u -d dump
		print -r -- $_comps[jexec]'
}

atf_init_test_cases()
{
	atf_add_test_case names
	atf_add_test_case words
	atf_add_test_case complete
	atf_add_test_case zsh
}

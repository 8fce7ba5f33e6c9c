#!/bin/sh
# lint RULE [SRC]: print each place in the source tree SRC (default .) that
# breaks RULE as "FILE:LINE: what"; exit 1 if there is any.
#
# The rules are functions rule_NAME that only print.  tests/lint/rules_test.sh
# runs each on the tree, and on a planted mistake that it must find.
set -u

rule=${1:?usage: lint RULE [SRC]}
cd "${2:-.}" || exit 2
LC_ALL=C
export LC_ALL

# Files of ours below the given directories whose name ends so.
sources() {
	ext=$1
	shift
	for d in "$@"; do
		[ -d "$d" ] && find "$d" -name "*.$ext" -type f
	done | sort
}

c_files() {
	sources c src tests bench
	sources h src tests bench
}

# C without comments and string contents, one output line per input line.
code_only() {
	awk '{
		line = $0; out = ""
		while (line != "") {
			if (incomment) {
				i = index(line, "*/")
				if (!i) { line = ""; break }
				line = substr(line, i + 2); incomment = 0
				continue
			}
			if (!match(line, /\/\*|\/\/|"/)) {
				out = out line; break
			}
			out = out substr(line, 1, RSTART - 1)
			t = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			if (t == "/*") incomment = 1
			else if (t == "//") line = ""
			else {
				out = out "\"\""
				while (match(line, /^([^"\\]|\\.)*"/) == 0 && line != "") line = ""
				line = substr(line, RLENGTH + 1)
			}
		}
		print FILENAME ":" FNR ":" out
	}' "$1"
}

# Arrows between layers point down: src/LAYER includes its own headers and
# those of layers before it.  init (no libc) includes nothing of the others;
# its own headers, which say what it is passed, are open to all.
rule_layers() {
	sources '[chly]' src | xargs -r awk '
	BEGIN {
		n = split("base nl ns net ipshare pf netgraph jail lib ifng rc block ngctl cmd", l, " ")
		for (i = 1; i <= n; i++) rank[l[i]] = i
	}
	/^#[ \t]*include[ \t]*"/ {
		split(FILENAME, f, "/"); from = f[2]
		split($0, q, "\""); split(q[2], t, "/"); to = t[1]
		# What flex and bison write lies in the build tree.
		if (q[2] ~ /_(gram|lex)\.h$/) next
		if (index(q[2], "/") == 0) {
			print FILENAME ":" FNR ": include \"LAYER/" q[2] "\", not \"" q[2] "\""
			next
		}
		if (to == from || to == "init") next
		if (from == "init")
			print FILENAME ":" FNR ": init includes " q[2]
		else if (!(from in rank))
			print FILENAME ":" FNR ": " from " is not a layer"
		else if (!(to in rank))
			print FILENAME ":" FNR ": " to " is not a layer"
		else if (rank[to] > rank[from])
			print FILENAME ":" FNR ": " from " includes " q[2] " of a layer above"
	}'
}

# Files of up to about 1,000 lines.
rule_length() {
	{ c_files; sources l src; sources y src; sources sh tests tools; } |
		while read -r f; do
			n=$(wc -l <"$f")
			[ "$n" -le 1050 ] || echo "$f:$n: $n lines"
		done
}

# What clang-format would change.
rule_format() {
	c_files | xargs -r clang-format --dry-run 2>&1 |
		grep -E '(warning|error): ' | sed 's/ \[.*//' |
		awk -F: '!seen[$1]++ { print $1 ":" $2 ": not as clang-format has it (make fmt)" }'
}

# Spaces at line ends, spaces before tabs, a missing last newline.
rule_space() {
	{
		c_files
		for d in src tests tools bench examples man docs; do
			[ -d "$d" ] && find "$d" -type f \( -name '*.sh' \
				-o -name '*.md' -o -name '*.[ly1-9]' \
				-o -name '*.conf' -o -name 'meson.build' \)
		done
		find . -maxdepth 1 -type f \( -name '*.md' -o -name Makefile \
			-o -name meson.build -o -name '*.txt' \)
	} | grep -v '^tests/golden/.*/' | sort -u | while read -r f; do
		awk '/[ \t]$/ { print FILENAME ":" FNR ": space at the end" }
		     /^\t* +\t/ { print FILENAME ":" FNR ": space before a tab" }' "$f"
		[ -z "$(tail -c 1 "$f")" ] ||
			echo "$f: no newline at the end"
	done
}

# Calls the program must not make: shells by the back door, and functions
# without a bound.
rule_calls() {
	sources '[chly]' src | while read -r f; do
		code_only "$f"
	done | grep -E '(^|[^A-Za-z0-9_])(system|popen|strcpy|strcat|sprintf|vsprintf|stpcpy|gets|mktemp|tmpnam|tempnam|alloca|vfork)[ ]*\(' |
		sed -E 's/^([^:]*:[0-9]*):.*[^A-Za-z0-9_](system|popen|strcpy|strcat|sprintf|vsprintf|stpcpy|gets|mktemp|tmpnam|tempnam|alloca|vfork)[ ]*\(.*/\1: calls \2()/'
}

# No running of the platform's network tools: netlink is spoken here.
rule_tools() {
	sources '[chly]' src | xargs -r grep -HnE \
		'"/(usr/)?s?bin/(ip|nft|tc|bridge|brctl|iptables|nsenter|unshare|mount|umount)"|(exec[lv]p?e?|spawn[p]?)[ ]*\([^;]*"(ip|nft|tc|bridge|brctl|iptables|nsenter|unshare|mount|umount)"|\{ *"(ip|nft|tc|bridge|brctl|iptables|nsenter|unshare)", *"(-|add|del|list|link|addr|route|netns|qdisc|filter|set)' |
		sed 's/^\([^:]*:[0-9]*\):.*/\1: runs a network tool/'
}

# Each C file and header opens with a comment that says what it is.
rule_comment() {
	{ sources c src tests bench; sources h src tests bench; } |
		while read -r f; do
			head -n 1 "$f" | grep -q '^/\*' ||
				echo "$f:1: no comment at the head"
		done
}

# Manual pages without errors, and without what mandoc(1) does not see: quotes
# and brackets that hold the rest of their line, words that are macros.
rule_man() {
	awk '
	/^\.(It .* )?(Ql|Qq|Dq|Sq) [^ ]+ , / || /^\.It .* Pq .* , Va / {
		match($0, /(Ql|Qq|Dq|Sq|Pq) /)
		print FILENAME ":" FNR ": " substr($0, RSTART, RLENGTH) \
			"takes all that follows"
	}
	/^\.(It|Cm|Li|Ar) No / { print FILENAME ":" FNR ": No is a macro" }
	' man/*.[1-9]
	for f in man/*.[1-9]; do
		[ -f "$f" ] && mandoc -T lint -W error "$f"
	done | sed 's/^mandoc: //'
}

# Every command of commands.c has a manual page.
rule_pages() {
	sed -n 's/^	{ *"\([^"]*\)", *cmd_.*/\1/p; s/^		"\([^"]*\)",$/\1/p' \
		src/cmd/commands.c | while read -r c; do
		found=
		for f in man/"$c".[1-9]; do
			[ -f "$f" ] && found=1
		done
		[ -n "$found" ] || echo "src/cmd/commands.c: $c has no page in man/"
	done
}

# rc.conf(5) and the table of rc's variables: each names what the other has,
# with the same default; what has no effect stands under that heading.
rule_rcvars() {
	table=src/rc/rcdefaults.c
	page=man/rc.conf.5
	[ -f "$table" ] || return 0
	awk '
	# IF, NAME and the like stand for anything
	function pattern(name) {
		sub(/\[0-9\]/, "", name)
		if (name != "ifconfig_DEFAULT")
			gsub(/[A-Z]+/, "*", name)
		while (sub(/\*_\*/, "*", name))
			;
		return name
	}
	function wrong(what) { print FILENAME ":" FNR ": " what }
	# value: its default, "" where the page has none
	function told_of(name, value,    p) {
		p = pattern(name)
		told[p] = 1
		if (p == "*_enable")
			return
		if (!(p in row))
			wrong(name " is not in " table)
		else if (value != "" && p !~ /[*]/ && value != default_of[p])
			wrong("the default of " name " is " default_of[p])
		else if ((kind[p] == "ON") == idle)
			wrong(name " is " kind[p] " in " table)
	}
	FILENAME == table && /^\t\{"/ {
		split($0, quoted, "\"")
		given = quoted[3] == ", "
		rest = given ? quoted[5] : quoted[3]
		sub(/^, NULL/, "", rest)
		p = pattern(quoted[2])
		if (!match(rest, /^, [A-Z]+,/))
			wrong("no row that lint can read")
		row[p] = FNR
		default_of[p] = given ? quoted[4] : ""
		kind[p] = substr(rest, 3, RLENGTH - 3)
	}
	FILENAME == table { next }
	/^\.S[sh] / { idle = $2 == "Without" }
	/^\.Va / { told[pattern($2)] = 1 }
	# .It Va NAME , NAME Po DEFAULT Pc , Va NAME Pq DEFAULT
	/^\.It Va / {
		n = split(substr($0, 8), list, " , ")
		for (i = 1; i <= n; i++) {
			sub(/^Va /, "", list[i])
			sub(/ Po /, " Pq ", list[i])
			sub(/ Pc$/, "", list[i])
			split(list[i], half, " Pq ")
			told_of(half[1], half[2])
		}
	}
	END {
		for (p in row)
			if (!(p in told))
				print table ":" row[p] ": " p " is not in " page
	}' table="$table" page="$page" "$table" "$page"
}

# packages.txt: sorted, no line twice, names only.
rule_packages() {
	for f in packages.txt packages-bench.txt; do
		[ -f "$f" ] || continue
		sort -uc "$f" 2>&1 | sed "s/^.*sort: //"
		grep -nvE '^[a-z0-9][a-z0-9.+-]*$' "$f" | sed "s/^/$f:/"
	done
}

# Shell scripts.
rule_shell() {
	{
		sources sh tests tools bench
		find .ci bench examples tools -type f -perm -u+x 2>/dev/null
	} | sort -u | while read -r f; do
		case $(head -n 1 "$f") in
		*atf-sh*)
			# Written in dash's language, with its local; sourced
			# files are checked alone; ATF calls the functions.
			shellcheck -s dash -f gcc -e SC1008,SC1091,SC2012,SC2016,SC2034,SC2086,SC2094,SC2145,SC2154,SC2317 "$f"
			;;
		'#!'*sh*)
			shellcheck -f gcc -e SC1091,SC2012,SC2016,SC2317,SC3043 "$f"
			;;
		*)
			[ "${f%.sh}" = "$f" ] ||
				shellcheck -s dash -f gcc -e SC1091,SC2012,SC2016,SC2317 "$f"
			;;
		esac
	done
}

# A test that goes on without common.sh runs outside of its box.
rule_boxed() {
	sources sh tests | xargs -r grep -nE '^\. .*common\.sh"?$' |
		sed -E 's/^([^:]*:[^:]*):.*/\1: no "|| exit" behind it/'
}

# The tree is of these parts: what else is in it was committed unseen.
rule_tree() {
	{ git ls-files 2>/dev/null || find . -type f; } |
		sed -E 's,^"?(\./)?,,; s,/.*,,' | sort -u |
		grep -vxE '\.(ci|git|gitignore|clang-format|clang-tidy)|build[a-z-]*' |
		grep -vxE 'LICENSE|Makefile|(README|HACKING)\.md|meson\.build' |
		grep -vxE 'meson_options\.txt|packages[a-z-]*\.txt' |
		grep -vxE 'bench|completions|docs|examples|man|src|systemd' |
		grep -vxE 'tests|tools' |
		sed 's/$/:1: is no part of the tree/'
}

# Every test that docs/SECURITY.md names, as SUITE/PROGRAM:CASE, is there.
rule_security() {
	f=docs/SECURITY.md
	[ -f "$f" ] || return 0
	grep -noE '(escape|system|unit|golden|lint)/[a-z0-9_]+:[a-z0-9_]+' "$f" |
		while IFS=: read -r line prog name; do
			t=tests/${prog}_test.sh
			[ -f "$t" ] || t=tests/${prog}_test.c
			grep -sqwF -- "$name" "$t" ||
				echo "$f:$line: there is no test $prog:$name"
		done
	# a row of promises without a test is none
	awk '/^## / { inside = /^## Promises/ }
	     inside && /^[|] / && !/^[|] Promise / && !/[a-z]\/[a-z0-9_]+:[a-z0-9_]+/ {
		print FILENAME ":" FNR ": a promise without a test" }' "$f"
}

out=$("rule_$rule")
[ -z "$out" ] && exit 0
printf '%s\n' "$out"
exit 1

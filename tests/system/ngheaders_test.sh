#! /usr/bin/env atf-sh
# libnetgraph's headers: each compiles alone, as C99 and as C++, and structs
# have FreeBSD's sizes (amd64).
CB_NO_BOX=1
. "$(atf_get_srcdir)/common.sh" || exit

include=$CB_SRC/src/lib/libnetgraph/include

headers()
{
	(cd "$include" && find . -name '*.h' | sed 's,^\./,,' | sort)
}

atf_test_case alone
alone_head()
{
	atf_set descr "Each header compiles by itself, in C99 and in C++"
	atf_set require.progs "gcc clang"
	atf_set timeout 120
}
alone_body()
{
	headers >list
	atf_check -o match:"^netgraph\.h$" -o match:"^netgraph/ng_ksocket\.h$" \
	    cat list
	while read -r h; do
		printf '#include <%s>\nint unused;\n' "$h" >one.c
		cp one.c one.cc
		atf_check gcc -std=c99 -Wall -Wextra -Werror -I "$include" \
		    -fsyntax-only one.c
		atf_check clang -x c++ -std=c++11 -Wall -Wextra -Werror \
		    -I "$include" -fsyntax-only one.cc
	done <list
}

atf_test_case together
together_head()
{
	atf_set descr "All headers can be included at once, twice"
	atf_set require.progs "gcc clang"
}
together_body()
{
	headers | sed 's/.*/#include <&>/' >list
	cat list list >all.c
	echo 'int unused;' >>all.c
	atf_check gcc -std=c99 -Wall -Wextra -Werror -I "$include" \
	    -fsyntax-only all.c
}

# What a program written for FreeBSD puts on the wire.  NAME bytes.
sizes='
ng_mesg 56
ngm_mkpeer 96
ngm_connect 576
nodeinfo 72
linkinfo 136
ng_vlanrotate_conf 3
ng_vlanrotate_stat 104
ng_patch_op 16
ng_patch_config 24
ng_bpf_hookprog 100
ng_bpf_hookstat 48
ng_tag_hookin 108
ng_tag_hookout 40
ng_tcpmss_hookstat 40
ng_tcpmss_config 66
ng_car_bulkconf 80
ng_car_bulkstats 96
ng_pipe_stats 96
ng_pipe_run 40
ng_pipe_cfg 120
ng_source_stats 96
ng_source_embed_cnt_info 24
ng_ksocket_sockopt 8
ng_nat_redirect_port 84
ng_nat_listrdrs_entry 92
ng_netflow_info 120
flow_entry_data 72
sockaddr_ng 16
'

atf_test_case sizes
sizes_head()
{
	atf_set descr "Structs have the sizes that FreeBSD's have"
	atf_set require.progs "gcc clang"
}
sizes_body()
{
	headers | sed 's/.*/#include <&>/' >sizes.c
	echo "$sizes" | while read -r name bytes; do
		[ -z "$name" ] || echo "_Static_assert(sizeof(struct $name)" \
		    "== $bytes, \"$name\");"
	done >>sizes.c
	atf_check gcc -Wall -Wextra -Werror -I "$include" -fsyntax-only sizes.c
}

atf_init_test_cases()
{
	atf_add_test_case alone
	atf_add_test_case together
	atf_add_test_case sizes
}

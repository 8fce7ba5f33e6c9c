/*
 * pf_rules: see pf_rules.h.
 *
 * Each contender gets what its users would write.  pf has `block all`, then
 * what passes: the last match decides.  The others have a list whose first
 * match decides, with what belongs to known connections first: nft and iptables
 * in the forward hook, nft2 wherever pf judges a packet, when it has come in
 * and when it goes out.
 */
#include "pf_rules.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The hooks that pf's chains have (src/pf/nft_filter.c). */
#define HOOK_IN "type filter hook prerouting priority -90"
#define HOOK_OUT "type filter hook postrouting priority 110"

static FILE *open_file(const char *name, const char *what, int n)
{
	char path[128];
	FILE *f;

	mkdir(PF_RULES, 0755);
	snprintf(path, sizeof(path), PF_RULES "/%s.%s.%d", name, what, n);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

/* Rule i, of those that pass something, is for this network and port. */
static int net_of(int i)
{
	return i / PF_PORTS;
}

static int port_of(int i)
{
	return PF_PORT + i % PF_PORTS;
}

/* A chain that nothing comes to: connections are tracked for it. */
#define TRACK                                                                  \
	"flush ruleset\n"                                                      \
	"table inet t {\n\tchain c {\n\t\tct state new\n\t}\n"

void pf_write_none(const char *proto, int n)
{
	FILE *f = open_file("none", proto, n);

	fputs(TRACK "}\n", f);
	fclose(f);
}

void pf_write_empty(const char *proto, int n)
{
	FILE *f = open_file("empty", proto, n);

	fputs(TRACK "\tchain in {\n\t\t" HOOK_IN "\n\t}\n"
		    "\tchain out {\n\t\t" HOOK_OUT "\n\t}\n}\n",
	      f);
	fclose(f);
}

void pf_write_pf(const char *proto, int n)
{
	FILE *f = open_file("pf", proto, n);

	fputs("block all\n", f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"pass in on em0 inet proto %s from 10.%d.0.0/16 to "
			"any port %d\n",
			proto, net_of(i), port_of(i));
	fputs("pass out on em1\n", f);
	fclose(f);
}

void pf_write_nft(const char *proto, int n)
{
	FILE *f = open_file("nft", proto, n);

	fputs("flush ruleset\ntable inet t {\n\tchain c {\n"
	      "\t\ttype filter hook forward priority 0; policy drop;\n"
	      "\t\tct state established accept\n",
	      f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"\t\tiifname em0 ip saddr 10.%d.0.0/16 %s dport %d "
			"accept\n",
			net_of(i), proto, port_of(i));
	fputs("\t}\n}\n", f);
	fclose(f);
}

void pf_write_nft2(const char *proto, int n)
{
	FILE *f = open_file("nft2", proto, n);

	fputs("flush ruleset\ntable inet t {\n\tchain in {\n"
	      "\t\t" HOOK_IN "; policy drop;\n"
	      "\t\tct state established counter accept\n",
	      f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"\t\tiifname em0 ip saddr 10.%d.0.0/16 %s dport %d "
			"counter accept\n",
			net_of(i), proto, port_of(i));
	fputs("\t}\n\tchain out {\n"
	      "\t\t" HOOK_OUT "; policy drop;\n"
	      "\t\tct state established counter accept\n"
	      "\t\toifname em1 counter accept\n\t}\n}\n",
	      f);
	fclose(f);
}

void pf_write_iptables(const char *proto, int n)
{
	FILE *f = open_file("iptables", proto, n);

	fputs("*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"
	      "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n",
	      f);
	for (int i = 0; i < n - 2; i++)
		fprintf(f,
			"-A FORWARD -i em0 -s 10.%d.0.0/16 -p %s -m %s "
			"--dport %d -j ACCEPT\n",
			net_of(i), proto, proto, port_of(i));
	fputs("COMMIT\n", f);
	fclose(f);
}

void pf_write_table(int count)
{
	FILE *p = open_file("pf", "table", count),
	     *n = open_file("nft", "table", count),
	     *a = open_file("addrs", "table", count);

	fprintf(p,
		"table <t> persist file \"" PF_RULES "/addrs.table.%d\"\n"
		"block in from <t>\n",
		count);
	fputs("flush ruleset\ntable ip t {\n\tset s {\n\t\ttype ipv4_addr\n"
	      "\t\tflags interval\n\t\telements = {\n",
	      n);
	for (int i = 0; i < count; i++) {
		/* every third, so that none are neighbours */
		const uint32_t v = 0x0b000000 + 3 * (uint32_t)i;

		fprintf(a, "%u.%u.%u.%u\n", v >> 24, v >> 16 & 255,
			v >> 8 & 255, v & 255);
		fprintf(n, "%u.%u.%u.%u,\n", v >> 24, v >> 16 & 255,
			v >> 8 & 255, v & 255);
	}
	fputs("\t\t}\n\t}\n\tchain c {\n"
	      "\t\ttype filter hook input priority 0\n"
	      "\t\tip saddr @s drop\n\t}\n}\n",
	      n);
	fclose(p);
	fclose(n);
	fclose(a);
}

/*
 * names: words that stand for numbers in pf.conf(5): ICMP types and codes,
 * types of service, protocols, services.  Protocols and services have tables
 * of their own, named as on FreeBSD: what pfctl prints must not depend on the
 * /etc of a jail, and reading a hundred thousand rules not on the speed of
 * reading /etc/services.
 */
#ifndef CB_PF_NAMES_H
#define CB_PF_NAMES_H

#include <stdint.h>
#include <sys/socket.h>

#define PF_TCP_FLAGS "FSRPAUEW"

/* Numbers by name: -1 when there is no such name. */
int pf_icmp_type(const char *name, sa_family_t af);
int pf_icmp_code(int type, const char *name, sa_family_t af);
int pf_tos_value(const char *name);
int pf_proto_number(const char *name);
/* Host order; of tcp when there, else of udp. */
int pf_service_port(const char *name);
/* Bits of "SA" and the like; "" is 0. */
int pf_tcp_flags(const char *letters);

/* Names by number: NULL when there is none. */
const char *pf_icmp_type_name(int type, sa_family_t af);
const char *pf_icmp_code_name(int type, int code, sa_family_t af);
const char *pf_proto_name(uint8_t proto);
const char *pf_service_name(uint16_t port, uint8_t proto);

#endif

/* placeholder until this layer has its first file; delete me */
extern int cb_jail_placeholder;
int cb_jail_placeholder;

/* placeholder until this layer has its first file; delete me */
extern int cb_ns_placeholder;
int cb_ns_placeholder;

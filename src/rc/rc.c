/* placeholder until this layer has its first file; delete me */
extern int cb_rc_placeholder;
int cb_rc_placeholder;

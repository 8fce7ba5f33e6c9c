/* placeholder until this layer has its first file; delete me */
extern int cb_block_placeholder;
int cb_block_placeholder;

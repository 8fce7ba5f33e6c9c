/*
 * conf_gram: the grammar of jail.conf(5).
 *
 * Actions put statements straight into the tree (p->block), so that only
 * strings and lists of values live on the parser's stack.  The first error
 * ends the parse.
 */
%define api.pure full
%define api.prefix {conf_yy}
%define parse.error simple
%param { void *scanner }
%parse-param { struct conf_parser *p }

%code requires {
#include "jail/conf_impl.h"
}

%union {
	struct conf_string *str;
	struct conf_values *values;
}

%code {
int conf_yylex(CONF_YYSTYPE *value, void *scanner);

static void conf_yyerror(void *scanner, struct conf_parser *p,
			 const char *msg)
{
	(void)scanner;
	conf_syntax_error(p, msg);
}
}

%token <str> STR MORE
%token PLUSEQ BAD
%type <str> string
%type <values> values

%destructor { conf_string_free($$); } <str>
%destructor { conf_values_free($$); } <values>

%%

file:
	statements
	;

statements:
	%empty
	| statements statement
	;

statement:
	';'
	| string ';'
	{
		if (conf_statement(p, $1, NULL, false) < 0)
			YYABORT;
	}
	| string '=' values ';'
	{
		if (conf_statement(p, $1, $3, false) < 0)
			YYABORT;
	}
	| string PLUSEQ values ';'
	{
		if (conf_statement(p, $1, $3, true) < 0)
			YYABORT;
	}
	| string values ';'
	{
		if (conf_statement(p, $1, $2, false) < 0)
			YYABORT;
	}
	| string '{'
	{
		if (conf_open_block(p, $1) < 0)
			YYABORT;
	}
	statements '}'
	{
		conf_close_block(p);
		conf_string_free($1);
	}
	;

values:
	string
	{
		$$ = conf_values_add(p, NULL, $1);
		if (!$$)
			YYABORT;
	}
	| values ',' string
	{
		$$ = conf_values_add(p, $1, $3);
		if (!$$)
			YYABORT;
	}
	;

string:
	STR
	| string MORE
	{
		$$ = conf_string_join(p, $1, $2);
		if (!$$)
			YYABORT;
	}
	;

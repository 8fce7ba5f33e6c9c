/* See bsderr.h. */
#include "net/bsderr.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Only where the two systems differ. */
static const struct {
	int code;
	const char *text;
} words[] = {
	{EBUSY, "Device busy"},
	{ENODEV, "Operation not supported by device"},
	{ENXIO, "Device not configured"},
	{EISCONN, "Socket is already connected"},
	{ENOTCONN, "Socket is not connected"},
	{ENOTSOCK, "Socket operation on non-socket"},
	{EADDRNOTAVAIL, "Can't assign requested address"},
	{EAFNOSUPPORT, "Address family not supported by protocol family"},
	{ERANGE, "Result too large"},
	{EOVERFLOW, "Value too large to be stored in data type"},
	{ENOTBLK, "Block device required"},
	{EXDEV, "Cross-device link"},
	{ESHUTDOWN, "Can't send after socket shutdown"},
	{EMSGSIZE, "Message too long"},
	{EDQUOT, "Disc quota exceeded"},
};

const char *bsd_strerror(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].code == code)
			return words[i].text;
	return strerror(code);
}

int bsd_err(struct err *e, int code, const char *fmt, ...)
{
	char body[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	return err_set(e, code, "%s%s%s", body, *body ? ": " : "",
		       bsd_strerror(code));
}

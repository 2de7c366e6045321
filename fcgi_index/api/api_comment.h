/* api_comment.h: comments on repositories, and reports of comments. */

#ifndef API_COMMENT_H
#define API_COMMENT_H

#include "api/api.h"

extern const field_t api_comment_body[];
extern const field_t api_comment_report_body[];
extern const field_t api_comment_moderation_body[];
extern const model_t api_comment_model;
extern const model_t api_comment_report_model;

int api_comment_list(api_t *api);
int api_comment_create(api_t *api);
int api_comment_get(api_t *api);
int api_comment_edit(api_t *api);
int api_comment_delete(api_t *api);
int api_comment_report(api_t *api);
int api_comment_moderate(api_t *api);
int api_comment_report_list(api_t *api);
int api_comment_report_list_all(api_t *api);

#endif

// types.ts: short names of the objects of the API, as docs/openapi.json has
// them (schema.d.ts is made of it).

import type { components } from './schema';

type Schemas = components['schemas'];

export type AccessToken = Schemas['AccessToken'];
export type AccessTokenWithSecret = Schemas['AccessTokenWithSecret'];
export type Account = Schemas['Account'];
export type Activity = Schemas['Activity'];
export type AuditEvent = Schemas['AuditEvent'];
export type Comment = Schemas['Comment'];
export type CommentReport = Schemas['CommentReport'];
export type FailingWebhook = Schemas['FailingWebhook'];
export type FollowedRepository = Schemas['FollowedRepository'];
export type Grant = Schemas['Role'];
export type Image = Schemas['Image'];
export type ImageConfig = Schemas['ImageConfig'];
export type ImageLayer = Schemas['ImageLayer'];
export type ImageStep = Schemas['ImageStep'];
export type Invitation = Schemas['Invitation'];
export type Manifest = Schemas['Manifest'];
export type ManifestChild = Schemas['ManifestChild'];
export type Markdown = Schemas['Markdown'];
export type Member = Schemas['Member'];
export type Namespace = Schemas['Namespace'];
export type NamespaceItem = Schemas['NamespaceItem'];
export type Problem = Schemas['Problem'];
export type Referrer = Schemas['Referrer'];
export type Registry = Schemas['Registry'];
export type Removal = Schemas['Removal'];
export type Repository = Schemas['Repository'];
export type RepositoryItem = Schemas['RepositoryItem'];
export type NamespaceSpace = Schemas['NamespaceSpace'];
export type RepositorySpace = Schemas['RepositorySpace'];
export type Robot = Schemas['Robot'];
export type RobotWithSecret = Schemas['RobotWithSecret'];
export type SearchResult = Schemas['SearchResult'];
export type Session = Schemas['Session'];
export type SessionItem = Schemas['SessionItem'];
export type SignUpInvitation = Schemas['SignUpInvitation'];
export type SignUpInvitationWithSecret = Schemas['SignUpInvitationWithSecret'];
export type StarredRepository = Schemas['StarredRepository'];
export type Tag = Schemas['Tag'];
export type TagHistoryItem = Schemas['TagHistoryItem'];
export type TagNames = Schemas['TagNames'];
export type Team = Schemas['Team'];
export type TeamMember = Schemas['TeamMember'];
export type Webhook = Schemas['Webhook'];
export type WebhookAttempt = Schemas['WebhookAttempt'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookDeliveryLog = Schemas['WebhookDeliveryLog'];
export type WebhookWithSecret = Schemas['WebhookWithSecret'];

export interface List<T> {
    items: T[];
}

/**
 * Audit messages as PS3.15 A.5 has them (RFC 3881 schema): who, what, when, on which study. Values come from the table below, from the
 * configuration and from the ledger; a study is named by its UID, a patient never.
 */
export type AuditEvent =
  | { readonly kind: 'application-start' | 'application-stop' }
  | { readonly kind: 'sign-in' | 'sign-out' | 'sign-in-refused' }
  | { readonly kind: 'not-allowed'; readonly route: string }
  /** A person or program saw a report. */
  | { readonly kind: 'report-seen'; readonly report: string; readonly studyInstanceUID: string }
  /** A person chose a contour, or none. */
  | {
      readonly kind: 'contour-decided';
      readonly report: string;
      readonly studyInstanceUID: string;
      readonly decision: string;
    }
  | {
      readonly kind: 'object-stored';
      readonly object: string;
      readonly studyInstanceUID: string;
      readonly sopInstanceUID: string;
      readonly destination: string;
    }
  | { readonly kind: 'worklist-seen' }
  | { readonly kind: 'reports-named'; readonly source: string; readonly count: number }
  | { readonly kind: 'operated'; readonly what: string };

export interface AuditRecord {
  readonly event: AuditEvent;
  /** Undefined: the daemon itself. */
  readonly by: { readonly name: string; readonly address: string } | undefined;
  readonly outcome: 'success' | 'refused' | 'failed';
}

interface Code {
  readonly value: string;
  readonly meaning: string;
}

/** Event codes of PS3.16 CID 400 and event types of CID 401, and what was done (Create, Read, Update, Delete, Execute). */
const CODES: Readonly<
  Record<AuditEvent['kind'], { readonly id: Code; readonly type?: Code; readonly action: 'C' | 'R' | 'U' | 'E' }>
> = {
  'application-start': { id: c('110100', 'Application Activity'), type: c('110120', 'Application Start'), action: 'E' },
  'application-stop': { id: c('110100', 'Application Activity'), type: c('110121', 'Application Stop'), action: 'E' },
  'sign-in': { id: c('110114', 'User Authentication'), type: c('110122', 'Login'), action: 'E' },
  'sign-in-refused': { id: c('110114', 'User Authentication'), type: c('110122', 'Login'), action: 'E' },
  'sign-out': { id: c('110114', 'User Authentication'), type: c('110123', 'Logout'), action: 'E' },
  'not-allowed': { id: c('110113', 'Security Alert'), type: c('110132', 'Use of Restricted Function'), action: 'E' },
  'report-seen': { id: c('110103', 'DICOM Instances Accessed'), action: 'R' },
  'contour-decided': { id: c('110103', 'DICOM Instances Accessed'), action: 'U' },
  'object-stored': { id: c('110104', 'DICOM Instances Transferred'), action: 'C' },
  'worklist-seen': { id: c('110112', 'Query'), action: 'E' },
  'reports-named': { id: c('110112', 'Query'), action: 'E' },
  operated: { id: c('110113', 'Security Alert'), type: c('110132', 'Use of Restricted Function'), action: 'E' },
};

function c(value: string, meaning: string): Code {
  return { value, meaning };
}

const OUTCOMES = { success: '0', refused: '4', failed: '8' } as const;

export function auditMessage({ event, by, outcome }: AuditRecord, at: Date, host: string): string {
  const { id, type, action } = CODES[event.kind];
  const person = by
    ? `<ActiveParticipant UserID="${x(by.name)}" UserIsRequestor="true" NetworkAccessPointID="${x(by.address)}" NetworkAccessPointTypeCode="2"/>`
    : '';
  return (
    '<?xml version="1.0" encoding="UTF-8"?><AuditMessage>' +
    `<EventIdentification EventActionCode="${action}" EventDateTime="${at.toISOString()}" EventOutcomeIndicator="${OUTCOMES[outcome]}">` +
    `${coded('EventID', id)}${type ? coded('EventTypeCode', type) : ''}</EventIdentification>` +
    person +
    `<ActiveParticipant UserID="Caliper" UserIsRequestor="${by ? 'false' : 'true'}" NetworkAccessPointID="${x(host)}" NetworkAccessPointTypeCode="1">` +
    `${coded('RoleIDCode', c('110150', 'Application'))}</ActiveParticipant>` +
    `<AuditSourceIdentification AuditSourceID="Caliper@${x(host)}" code="4"/>` +
    objectOf(event) +
    '</AuditMessage>'
  );
}

const coded = (element: string, { value, meaning }: Code): string =>
  `<${element} csd-code="${value}" codeSystemName="DCM" originalText="${meaning}"/>`;

function objectOf(event: AuditEvent): string {
  switch (event.kind) {
    case 'report-seen':
      return study(event.studyInstanceUID, detail('report', event.report));
    case 'contour-decided':
      return study(event.studyInstanceUID, detail('report', event.report) + detail('decision', event.decision));
    case 'object-stored':
      return study(
        event.studyInstanceUID,
        `<ParticipantObjectDescription><SOPClass UID="1.2.840.10008.5.1.4.1.1.66.4" NumberOfInstances="1"><Instance UID="${x(event.sopInstanceUID)}"/></SOPClass></ParticipantObjectDescription>` +
          detail('object', event.object) +
          detail('destination', event.destination),
      );
    case 'not-allowed':
      return other(detail('route', event.route));
    case 'reports-named':
      return other(detail('source', event.source) + detail('count', String(event.count)));
    case 'operated':
      return other(detail('what', event.what));
    default:
      return '';
  }
}

const study = (uid: string, details: string): string =>
  `<ParticipantObjectIdentification ParticipantObjectID="${x(uid)}" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="3">` +
  `${coded('ParticipantObjectIDTypeCode', c('110180', 'Study Instance UID'))}${details}</ParticipantObjectIdentification>`;

const other = (details: string): string =>
  '<ParticipantObjectIdentification ParticipantObjectID="Caliper" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="13">' +
  `<ParticipantObjectIDTypeCode csd-code="12" codeSystemName="RFC-3881" originalText="URI"/>${details}</ParticipantObjectIdentification>`;

const detail = (type: string, value: string): string =>
  `<ParticipantObjectDetail type="${x(type)}" value="${Buffer.from(value, 'utf8').toString('base64')}"/>`;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Text for an attribute: what XML 1.0 cannot hold is left out. */
const x = (text: string): string =>
  text.replace(/[^\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/gu, '').replace(/[&<>"']/g, (found) => ESCAPES[found]!);

import { code as concept, derivedUid, EQUIPMENT, type Uid } from '../../domain/index.js';
import type { WriterEquipment } from '../request.js';
import { contentItem, type ContentItem } from '../../dicom/index.js';

const { code, text, uidReference } = contentItem;

const LANGUAGE = concept('121049', 'DCM', 'Language of Content Item and Descendants');
const ENGLISH = concept('en-US', 'RFC5646', 'English (United States)');
const OBSERVER_TYPE = concept('121005', 'DCM', 'Observer Type');
const DEVICE = concept('121007', 'DCM', 'Device');
const DEVICE_UID = concept('121012', 'DCM', 'Device Observer UID');
const DEVICE_NAME = concept('121013', 'DCM', 'Device Observer Name');
const DEVICE_MANUFACTURER = concept('121014', 'DCM', 'Device Observer Manufacturer');
const DEVICE_MODEL = concept('121015', 'DCM', 'Device Observer Model Name');
const DEVICE_SERIAL = concept('121016', 'DCM', 'Device Observer Serial Number');

/** TID 1204: the language of everything below. */
export const language = (): ContentItem => code('HAS CONCEPT MOD', LANGUAGE, ENGLISH);

/** TID 1001 and 1004: a device observed, this installation. Our own objects are known by it. */
export const deviceObserver = ({ installationId }: WriterEquipment): readonly ContentItem[] => [
  code('HAS OBS CONTEXT', OBSERVER_TYPE, DEVICE),
  uidReference('HAS OBS CONTEXT', DEVICE_UID, derivedUid<Uid>('device', [installationId])),
  text('HAS OBS CONTEXT', DEVICE_NAME, EQUIPMENT.modelName),
  text('HAS OBS CONTEXT', DEVICE_MANUFACTURER, EQUIPMENT.manufacturer),
  text('HAS OBS CONTEXT', DEVICE_MODEL, EQUIPMENT.modelName),
  text('HAS OBS CONTEXT', DEVICE_SERIAL, installationId),
];

import { code, EQUIPMENT, TAG, type CodedConcept, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { codeSequence, elementsOf, sequence, type Content } from '../../dicom/index.js';
import { isPlain } from '../meaning/concepts.js';
import type { ReportEquipment } from '../request.js';
import { copyAttribute } from '../source/copy-attribute.js';
import { momentOf, type Written } from './written.js';

/** CID 7005. */
const ACQUISITION = code('109101', 'DCM', 'Acquisition Equipment');
const PROCESSING = code('109102', 'DCM', 'Processing Equipment');

const SCANNER_ATTRIBUTES: readonly Tag[] = [
  TAG.Manufacturer,
  TAG.InstitutionName,
  TAG.StationName,
  TAG.InstitutionalDepartmentName,
  TAG.ManufacturerModelName,
  TAG.DeviceSerialNumber,
  TAG.SoftwareVersions,
];

/** ContributingEquipmentSequence (PS3.3 C.12.1): the scanner, the workstation of the report, ourselves. */
export function contributingEquipment(object: Written): Element {
  const { request, header } = object;
  const scanner = SCANNER_ATTRIBUTES.map((tag): readonly [Tag, Content] => {
    const copied = copyAttribute(header, tag);
    return [tag, copied.kind === 'copied' ? copied.element : undefined];
  });
  // an object of ours that another one is written from was acquired by nobody
  const knowsScanner =
    header.text(TAG.ManufacturerModelName) !== EQUIPMENT.modelName &&
    scanner.some(([tag, content]) => tag === TAG.Manufacturer && content !== undefined);
  const { reportEquipment, equipment } = request;
  return sequence(
    ...(knowsScanner ? [item(ACQUISITION, scanner)] : []),
    ...(reportEquipment && isWritable(reportEquipment)
      ? [
          item(PROCESSING, [
            [TAG.Manufacturer, reportEquipment.manufacturer.slice(0, 64)],
            [TAG.ManufacturerModelName, reportEquipment.modelName?.slice(0, 64)],
            [TAG.SoftwareVersions, reportEquipment.softwareVersions?.slice(0, 64)],
          ]),
        ]
      : []),
    item(PROCESSING, [
      [TAG.Manufacturer, EQUIPMENT.manufacturer],
      [TAG.ManufacturerModelName, EQUIPMENT.modelName],
      [TAG.DeviceSerialNumber, equipment.installationId],
      [TAG.SoftwareVersions, equipment.softwareVersion],
      [TAG.ContributionDateTime, momentOf(object).dateTime],
    ]),
  );
}

/** Whether the report's equipment can be named in ASCII; its manufacturer is type 1. */
export const isWritable = ({ manufacturer, modelName, softwareVersions }: ReportEquipment): boolean =>
  manufacturer.trim() !== '' && [manufacturer, modelName ?? '', softwareVersions ?? ''].every(isPlain);

const item = (purpose: CodedConcept, rows: readonly (readonly [Tag, Content])[]): Elements =>
  elementsOf([...rows, [TAG.PurposeOfReferenceCodeSequence, codeSequence(purpose)]]);

import { TAG, type DataSet } from '../domain/index.js';

/** What a report was made with. */
export interface ReportEquipment {
  readonly manufacturer: string;
  readonly modelName?: string;
  readonly softwareVersions?: string;
}

/** The equipment that a report names (PS3.3 C.7.5.1); undefined where it names no manufacturer. */
export function reportEquipmentOf(dataSet: DataSet): ReportEquipment | undefined {
  const manufacturer = dataSet.text(TAG.Manufacturer);
  if (manufacturer === undefined) return undefined;
  const modelName = dataSet.text(TAG.ManufacturerModelName);
  const softwareVersions = dataSet.text(TAG.SoftwareVersions);
  return {
    manufacturer,
    ...(modelName === undefined ? {} : { modelName }),
    ...(softwareVersions === undefined ? {} : { softwareVersions }),
  };
}

import { parseZoneText, type ZoneData } from '../../domain/calendar/zones/zone-data.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure, fileProblem } from '../context/failure.ts';

/** @throws {CliFailure} when the file cannot be read or holds no zone data */
export async function readZoneFile(context: Pick<CliContext, 'readFile'>, file: string): Promise<ZoneData> {
  try {
    return parseZoneText(await context.readFile(file));
  } catch (error) {
    throw new CliFailure(`${file}: ${fileProblem(error)}`);
  }
}

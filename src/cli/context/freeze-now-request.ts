/** What `freeze now` asks for. */
export interface FreezeNowRequest {
  presenceClusterName: string;
  reason: string;
  from: Date;
  until: Date;
}

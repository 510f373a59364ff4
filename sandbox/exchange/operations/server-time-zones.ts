import type { Operation } from '../call';
import { children, child } from '../xml/element';
import { escapeAttribute } from '../xml/escape';
import { ZONES } from './zones';

/** @see MS-OXWSGTZ 3.1.4.1 GetServerTimeZones */
export const getServerTimeZones: Operation = async (_call, request, answer) => {
  const wanted = new Set(children(child(request, 'Ids'), 'Id').map((each) => each.text.trim()));
  const full = request.attrs['ReturnFullTimeZoneData'] !== 'false';
  answer.raw(
    '<m:ResponseMessages><m:GetServerTimeZonesResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>',
  );
  answer.open('m:TimeZoneDefinitions');
  for (const zone of ZONES) {
    if (wanted.size > 0 && !wanted.has(zone.id)) continue;
    answer.open('t:TimeZoneDefinition', { Name: zone.name, Id: zone.id });
    if (full) {
      const id = escapeAttribute(zone.id);
      answer.raw(
        `<t:Periods><t:Period Bias="${zone.bias}" Name="Standard" Id="trule:Microsoft/Registry/${id}/1-Standard"/></t:Periods>`,
      );
      answer.raw(
        `<t:TransitionsGroups><t:TransitionsGroup Id="0"><t:Transition><t:To Kind="Period">trule:Microsoft/Registry/${id}/1-Standard</t:To></t:Transition></t:TransitionsGroup></t:TransitionsGroups>`,
      );
      answer.raw('<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>');
    }
    answer.close('t:TimeZoneDefinition');
  }
  answer.close('m:TimeZoneDefinitions');
  answer.raw('</m:GetServerTimeZonesResponseMessage></m:ResponseMessages>');
  await answer.relieve();
};

// Ours beside the kubelet's: ratios of the same figures of one run. Pure.

import { type Comparison, RATES, type RateFigures, type RateName, type TargetFigures } from "./figures.js";

/** Ratios are ours divided by the kubelet's; figures that one of them lacks are left out. */
export function compare(ours: TargetFigures, kubelet: TargetFigures): Comparison {
  return {
    ours: ours.name,
    kubelet: kubelet.name,
    startsOneP50: ours.startsOne.firstOutputMs.p50 / kubelet.startsOne.firstOutputMs.p50,
    startsOneP99: ours.startsOne.firstOutputMs.p99 / kubelet.startsOne.firstOutputMs.p99,
    startsFiftyP50: ours.startsFifty.firstOutputMs.p50 / kubelet.startsFifty.firstOutputMs.p50,
    startsFiftyP99: ours.startsFifty.firstOutputMs.p99 / kubelet.startsFifty.firstOutputMs.p99,
    perSecond: ratios(ours, kubelet, ({ perSecond }) => perSecond),
    frontCpu: ratios(ours, kubelet, ({ frontCpu }) => frontCpu),
    idleFront: ours.idle.frontKiB / kubelet.idle.frontKiB,
  };
}

function ratios(
  ours: TargetFigures,
  kubelet: TargetFigures,
  figure: (rate: RateFigures) => number,
): Partial<Record<RateName, number>> {
  const pairs = RATES.flatMap((name) => {
    const [mine, theirs] = [ours.rates[name], kubelet.rates[name]];
    return mine === undefined || theirs === undefined ? [] : [[name, figure(mine) / figure(theirs)] as const];
  });
  return Object.fromEntries(pairs);
}

// The chart of a target's samples: loaded only by the page that shows one.
import * as echarts from 'echarts/core';
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent, MarkAreaComponent, DataZoomInsideComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([LineChart, GridComponent, TooltipComponent, MarkAreaComponent, DataZoomInsideComponent, CanvasRenderer]);

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Points are [unix milliseconds, milliseconds of delay or null, share lost or null]; outages
// are [from, to]. Both come from the data attributes that the server wrote.
function draw(box) {
  const points = JSON.parse(box.dataset.points);
  const outages = JSON.parse(box.dataset.outages);
  const locale = document.documentElement.lang;
  const when = new Intl.DateTimeFormat(locale, { timeZone: 'Asia/Ho_Chi_Minh', day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const muted = colour('--g-muted');
  const delay = points.map(([at, ms]) => [at, ms]);
  // A reading between two breaks has no line to lie on: it is a dot.
  const alone = (i) => delay[i][1] !== null && (delay[i - 1]?.[1] ?? null) === null && (delay[i + 1]?.[1] ?? null) === null;
  const loss = points.map(([at, , share]) => [at, share]);
  const say = (i) => {
    const [at, ms, share] = points[i];
    const lost = share ? `\n${box.dataset.loss}: ${percent.format(share)}` : '';
    return `${when.format(at)}\n${ms === null ? box.dataset.none : `${number.format(ms)} ms`}${lost}`;
  };
  const chart = echarts.getInstanceByDom(box) ?? echarts.init(box);
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'Inter, sans-serif', color: muted },
    grid: { left: 48, right: 44, top: 16, bottom: 28 },
    // Plain text in the canvas: the content security policy allows no inline style.
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: colour('--g-raised'),
      borderColor: colour('--g-line'),
      textStyle: { color: colour('--g-ink'), fontSize: 12 },
      formatter: ([p]) => say(p.dataIndex),
    },
    xAxis: { type: 'time', axisLine: { lineStyle: { color: colour('--g-line') } }, axisLabel: { color: muted, formatter: (t) => when.format(t), hideOverlap: true }, splitLine: { show: false } },
    yAxis: [
      { type: 'value', min: 0, axisLabel: { color: muted, formatter: (v) => `${number.format(v)} ms` }, splitLine: { lineStyle: { color: colour('--g-line') } } },
      { type: 'value', min: 0, max: 1, axisLabel: { color: muted, formatter: (v) => percent.format(v) }, splitLine: { show: false } },
    ],
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl' }],
    series: [{
      type: 'line',
      showAllSymbol: true,
      symbol: 'circle',
      symbolSize: (_, { dataIndex }) => (alone(dataIndex) ? 4 : 0),
      itemStyle: { color: colour('--g-accent') },
      connectNulls: false,
      lineStyle: { width: 1.5, color: colour('--g-accent') },
      areaStyle: { color: colour('--g-accent'), opacity: 0.08 },
      data: delay,
      markArea: { silent: true, itemStyle: { color: colour('--g-down'), opacity: 0.16 }, data: outages.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]) },
    }, {
      type: 'line',
      yAxisIndex: 1,
      step: 'end',
      showSymbol: false,
      connectNulls: false,
      lineStyle: { width: 0 },
      areaStyle: { color: colour('--g-down'), opacity: 0.35 },
      data: loss,
    }],
  }, true);
  return chart;
}

function all() {
  for (const box of document.querySelectorAll('[data-points]')) draw(box);
}

all();
addEventListener('resize', () => {
  for (const box of document.querySelectorAll('[data-points]')) echarts.getInstanceByDom(box)?.resize();
});
document.addEventListener('htmx:afterSettle', all);
document.addEventListener('gieng:theme', all);

"""params.yaml and dvc.yaml of the fake study: the shape of the real ones, without their code."""

PARAMS = """\
grid:
  models: [m]
  starts: [pretrained, finetuned]
  methods: [dpo]
  seeds: [0]
  off_policy: {}
  benchmarks: [humaneval]
  searched: [humaneval]
  generators: [m-pretrained, m-finetuned]
  sft_models: [m]
fetch_checkpoints:
  m-pretrained: {template: plain}
fetch_benchmarks:
  humaneval: {version: 1.0.3}
gather_seeds: {limit: 2}
judge_seeds: {enabled: false}
write_instructions: {generator: m-pretrained}
sample_responses: {n: 2, temperature: 0.8}
build_pairs: {policy: random_one}
finetune: {lr: 1.0e-4}
align:
  shared: {seed: 1}
  dpo: {beta: 0.1, lr: 5.0e-05}
  rft: {lr: 1.0e-4}
score_rewards: {resamples: 10}
sample_benchmark: {limit: 2}
score_benchmark: {k: [1]}
compare_models: {confidence: 0.95, resamples: 200, seed: 0, power: 0.8}
"""

PIPELINE = """\
stages:
  fetch_checkpoints:
    foreach: ${fetch_checkpoints}
    do:
      cmd: python -m stages.fetch_checkpoints --start models/starts/${key}
      deps: [code.py]
      params: ["fetch_checkpoints.${key}"]
      outs: ["models/starts/${key}"]
  fetch_benchmarks:
    matrix: {benchmark: "${grid.searched}"}
    cmd: >-
      python -m stages.fetch_benchmarks
      --tasks data/benchmarks/${item.benchmark}.parquet
    params: ["fetch_benchmarks.${item.benchmark}"]
    outs: ["data/benchmarks/${item.benchmark}.parquet"]
  gather_seeds:
    cmd: python -m stages.gather_seeds --seeds data/seeds.parquet
    deps: [data/benchmarks]
    params: [gather_seeds, grid.searched]
    outs: [data/seeds.parquet]
  judge_seeds:
    cmd: python -m stages.judge_seeds --judged data/judged_seeds.parquet
    deps: [data/seeds.parquet]
    params: [judge_seeds]
    outs: [data/judged_seeds.parquet]
  write_instructions:
    cmd: python -m stages.write_instructions --instructions data/instructions.parquet
    deps: [data/judged_seeds.parquet, "models/starts/${write_instructions.generator}"]
    params: [write_instructions]
    outs: [data/instructions.parquet]
  sample_responses:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.sample_responses --start models/starts/${key}
      --responses data/responses/${key}.parquet --executions data/executions/${key}.parquet
    deps: ["models/starts/${key}", data/instructions.parquet]
    params: [sample_responses]
    outs: ["data/responses/${key}.parquet", "data/executions/${key}.parquet"]
  build_pairs:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.build_pairs
      --responses data/responses/${key}.parquet --executions data/executions/${key}.parquet
      --pairs data/pairs/${key}.parquet
    deps: ["data/responses/${key}.parquet", "data/executions/${key}.parquet"]
    params: [build_pairs]
    outs: ["data/pairs/${key}.parquet"]
  finetune:
    matrix: {model: "${grid.sft_models}"}
    cmd: python -m stages.finetune --start models/starts/${item.model}-finetuned
    deps:
      - models/starts/${item.model}-pretrained
      - data/responses/${item.model}-pretrained.parquet
    params: [finetune]
    outs: ["models/starts/${item.model}-finetuned"]
  align:
    matrix:
      model: ${grid.models}
      start: ${grid.starts}
      method: ${grid.methods}
      seed: ${grid.seeds}
    cmd: >-
      python -m stages.align
      --adapter models/adapters/${item.model}-${item.start}/${item.method}-${item.seed}
    deps:
      - models/starts/${item.model}-${item.start}
      - data/pairs/${item.model}-${item.start}.parquet
    params: [align.shared, "align.${item.method}"]
    outs: ["models/adapters/${item.model}-${item.start}/${item.method}-${item.seed}"]
    metrics: ["metrics/align/${key}.json": {cache: false}]
  align_off_policy:
    foreach: ${grid.off_policy}
    do:
      cmd: >-
        python -m stages.align --adapter
        models/adapters/${item.model}-${item.start}/${item.method}-${item.seed}-on-${item.generator}
      deps:
        - models/starts/${item.model}-${item.start}
        - data/pairs/${item.generator}.parquet
      params: [align.shared, "align.${item.method}"]
      outs:
        - models/adapters/${item.model}-${item.start}/${item.method}-${item.seed}-on-${item.generator}
  score_rewards:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.score_rewards --start models/starts/${key}
      --metrics metrics/score_rewards/${key}.json
    deps: ["models/starts/${key}", "models/adapters/${key}"]
    params: [score_rewards, grid]
    metrics: ["metrics/score_rewards/${key}.json": {cache: false}]
  sample_benchmark:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.sample_benchmark --start models/starts/${key}
      --completions data/completions/${key}.parquet
    deps: ["models/starts/${key}", "models/adapters/${key}", data/benchmarks, code.py]
    params: [sample_benchmark, grid]
    outs: ["data/completions/${key}.parquet"]
  score_benchmark:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.score_benchmark --completions data/completions/${key}.parquet
      --results data/results/${key}.parquet --metrics metrics/score_benchmark/${key}.json
    deps: [data/benchmarks, "data/completions/${key}.parquet"]
    params: [score_benchmark, grid.benchmarks]
    outs: ["data/results/${key}.parquet"]
    metrics: ["metrics/score_benchmark/${key}.json": {cache: false}]
  measure_quality:
    matrix: {model: "${grid.models}", start: "${grid.starts}"}
    cmd: >-
      python -m stages.measure_quality --completions data/completions/${key}.parquet
      --metrics metrics/measure_quality/${key}.json
    deps: ["data/completions/${key}.parquet"]
    metrics: ["metrics/measure_quality/${key}.json": {cache: false}]
  compare_models:
    cmd: python -m stages.compare_models --metrics metrics/compare_models.json
    deps: [data/results]
    params: [compare_models, grid]
    metrics: [metrics/compare_models.json: {cache: false}]
"""  # noqa: E501  # an output of DVC stands on one line

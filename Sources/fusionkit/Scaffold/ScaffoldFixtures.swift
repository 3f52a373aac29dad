// Generated once from PyTorch 2.13 by the scripts themselves; a test compares what the templates compute with them.

/// The fixtures that a scaffolded plugin starts with, and the scripts that made them; `__name__` stands for the
/// name, `__stem__` for that of the files.
enum ScaffoldFixtures {
  static let fusionScript = script(
    kind: "fusion", formula: "y = Σ_m tanh(P_m x_m).", width: 2,
    #"""
    inputs = {"image": draw(2, 3), "audio": draw(2, 2)}
    parameters = {}
    for name, x in inputs.items():
        parameters[f"projections.{name}.weight"] = draw(WIDTH, x.shape[1])
        parameters[f"projections.{name}.bias"] = draw(WIDTH)

    output = sum(
        torch.tanh(x @ parameters[f"projections.{name}.weight"].T + parameters[f"projections.{name}.bias"])
        for name, x in inputs.items())
    """#)

  static let fusionValues = #"""
    {"kind": "fusion", "name": "__name__", "cases": [{"name": "small", "configuration": {"width": 2}, "inputs":
    [{"value": {"shape": [2, 3], "values": [-0.5625, -1.25, 0.0625, 0.875, -0.3125, -1.3125]}, "gradient": {"shape":
    [2, 3], "values": [0.02990873157978058, -0.052214525640010834, -0.05532774329185486, 0.170924112200737,
    0.116226926445961, 0.16215671598911285]}}, {"value": {"shape": [2, 2], "values": [-0.0625, -0.0625, 0.25,
    1.0625]}, "gradient": {"shape": [2, 2], "values": [0.22332869470119476, -0.17363719642162323,
    -1.1827456951141357, 1.114845871925354]}}], "parameters": [{"name": "projections.image.weight", "value":
    {"shape": [2, 3], "values": [1.375, -1.0625, -1.0, -0.9375, -0.625, -0.875]}, "gradient": {"shape": [2, 3],
    "values": [-0.021513735875487328, -0.04521114006638527, 0.003788888920098543, -0.17313742637634277,
    0.03054334968328476, 0.24285690486431122]}}, {"name": "projections.image.bias", "value": {"shape": [2],
    "values": [1.125, 1.0]}, "gradient": {"shape": [2], "values": [0.035305850207805634, -0.16243979334831238]}},
    {"name": "projections.audio.weight", "value": {"shape": [2, 2], "values": [0.9375, -1.125, 0.75, -0.5]},
    "gradient": {"shape": [2, 2], "values": [-0.1662682592868805, -0.6965848207473755, -0.20502398908138275,
    -0.8234362006187439]}}, {"name": "projections.audio.bias", "value": {"shape": [2], "values": [1.4375, 0.9375]},
    "gradient": {"shape": [2], "values": [-0.603194534778595, -0.5252296328544617]}}], "output": {"shape": [2, 2],
    "values": [1.8197534084320068, 1.7049784660339355, 1.4427779912948608, 1.4418821334838867]}, "seed": {"shape":
    [2, 2], "values": [0.25, 0.5, -0.8125, -1.0625]}}]}

    """#

  static let encoderScript = script(
    kind: "encoder", formula: "y = tanh(W x + b).", width: 2,
    #"""
    inputs = {"input": draw(2, 2, 2)}
    parameters = {"linear.weight": draw(WIDTH, 4), "linear.bias": draw(WIDTH)}

    output = torch.tanh(inputs["input"].flatten(1) @ parameters["linear.weight"].T + parameters["linear.bias"])
    """#)

  static let encoderValues = #"""
    {"kind": "encoder", "name": "__name__", "cases": [{"name": "small", "configuration": {"width": 2}, "inputs":
    [{"value": {"shape": [2, 2, 2], "values": [-0.5625, -1.25, 0.0625, 0.875, -0.3125, -1.3125, -0.0625, -0.0625]},
    "gradient": {"shape": [2, 2, 2], "values": [0.16397960484027863, 0.39551395177841187, 0.45831894874572754,
    -0.2305973321199417, 0.17447775602340698, 0.7079163789749146, 0.9101579189300537, -0.6895237565040588]}}],
    "parameters": [{"name": "linear.weight", "value": {"shape": [2, 4], "values": [0.25, 1.0625, 1.375, -1.0625,
    -1.0, -0.9375, -0.625, -0.875]}, "gradient": {"shape": [2, 4], "values": [-0.3696426749229431,
    -1.2276886701583862, -0.022834748029708862, 0.21438637375831604, 0.05435216799378395, 0.1270543932914734,
    -0.005052552558481693, -0.0789806917309761]}}, {"name": "linear.bias", "value": {"shape": [2], "values": [1.125,
    1.0]}, "gradient": {"shape": [2], "values": [0.9492849111557007, -0.10113613307476044]}}], "output": {"shape":
    [2, 2], "values": [-0.8298019170761108, 0.9587081670761108, -0.35152921080589294, 0.9898003339767456]}, "seed":
    {"shape": [2, 2], "values": [0.9375, -1.125, 0.75, -0.5]}}]}

    """#

  static let decoderScript = script(
    kind: "decoder", formula: "y = V tanh(W x + b) + c.", width: 3,
    #"""
    inputs = {"fused": draw(2, 3)}
    parameters = {
        "hidden.weight": draw(WIDTH, 3), "hidden.bias": draw(WIDTH),
        "output.weight": draw(2, WIDTH), "output.bias": draw(2),
    }

    hidden = torch.tanh(inputs["fused"] @ parameters["hidden.weight"].T + parameters["hidden.bias"])
    output = hidden @ parameters["output.weight"].T + parameters["output.bias"]
    """#)

  static let decoderValues = #"""
    {"kind": "decoder", "name": "__name__", "cases": [{"name": "small", "configuration": {"width": 3}, "inputs":
    [{"value": {"shape": [2, 3], "values": [-0.5625, -1.25, 0.0625, 0.875, -0.3125, -1.3125]}, "gradient": {"shape":
    [2, 3], "values": [-0.14266337454319, -0.1975097954273224, 0.1639014035463333, -0.48709189891815186,
    -0.45736634731292725, -0.25327420234680176]}}], "parameters": [{"name": "hidden.weight", "value": {"shape": [3,
    3], "values": [-0.0625, -0.0625, 0.25, 1.0625, 1.375, -1.0625, -1.0, -0.9375, -0.625]}, "gradient": {"shape":
    [3, 3], "values": [0.23219449818134308, 0.11755353212356567, -0.240340918302536, 0.09539469331502914,
    0.2121555358171463, -0.0105093102902174, 0.4328019618988037, -0.11247728765010834, -0.62653648853302]}},
    {"name": "hidden.bias", "value": {"shape": [3], "values": [-0.875, 1.125, 1.0]}, "gradient": {"shape": [3],
    "values": [0.03835994005203247, -0.16978003084659576, 0.4469664990901947]}}, {"name": "output.weight", "value":
    {"shape": [2, 3], "values": [0.9375, -1.125, 0.75, -0.5, 1.4375, 0.9375]}, "gradient": {"shape": [2, 3],
    "values": [-0.4364249110221863, 1.8106478452682495, 0.14546024799346924, -0.06698060035705566,
    1.7744519710540771, -0.3135117292404175]}}, {"name": "output.bias", "value": {"shape": [2], "values": [0.25,
    0.5]}, "gradient": {"shape": [2], "values": [0.3125, -0.1875]}}], "output": {"shape": [2, 2], "values":
    [1.3566977977752686, 0.522860586643219, -1.0280799865722656, 3.1452996730804443]}, "seed": {"shape": [2, 2],
    "values": [-0.8125, -1.0625, 1.125, 0.875]}}]}

    """#

  /// A script around the lines that draw inputs and parameters and compute `output`.
  private static func script(kind: String, formula: String, width: Int, _ lines: String) -> String {
    #"""
    """Values and gradients of __name__, computed by PyTorch: python make___stem__.py

    Writes __stem__.json beside this file: \#(formula) Put your formula in the place of this one.
    """
    import json
    import pathlib
    import textwrap

    import torch

    torch.manual_seed(7)
    WIDTH = \#(width)


    def draw(*shape):
        # Sixteenths: exact in a short file.
        return (torch.randint(-24, 24, shape) / 16).requires_grad_()


    \#(lines)
    seed = draw(*output.shape).detach()
    leaves = list(inputs.values()) + list(parameters.values())
    gradients = torch.autograd.grad(output, leaves, seed)


    def pack(tensor):
        return {"shape": list(tensor.shape), "values": tensor.detach().flatten().tolist()}


    case = {
        "name": "small", "configuration": {"width": WIDTH},
        "inputs": [{"value": pack(x), "gradient": pack(g)} for x, g in zip(inputs.values(), gradients)],
        "parameters": [
            {"name": name, "value": pack(p), "gradient": pack(g)}
            for (name, p), g in zip(parameters.items(), gradients[len(inputs):])],
        "output": pack(output), "seed": pack(seed),
    }
    fixture = {"kind": "\#(kind)", "name": "__name__", "cases": [case]}
    pathlib.Path(__file__).with_name("__stem__.json").write_text(
        textwrap.fill(json.dumps(fixture), 112, break_on_hyphens=False) + "\n")

    """#
  }
}

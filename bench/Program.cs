using Vitrine.Bench;
using Vitrine.Cli;

// Measures, and checks what it measures in the same process. One word says what: see the table.
Dictionary<string, Func<string[], int>> benches = new()
{
    ["matmul"] = MatMulBench.Run, // our products next to OpenBLAS, interleaved
    ["ladders"] = Vitrine.Bench.Ladders.LadderBench.Run, // from the textbook to the engine, rung by rung
    ["methods"] = MethodBench.Run, // what it costs to explain, method by method
    ["int8"] = Int8Bench.Run,     // products with 8-bit weights next to float32
    ["int8-agreement"] = Int8Agreement.Run, // what 8 bits change in logits and attributions
    ["fp16"] = HalfAgreement.Run, // what half precision changes, and what memory it saves
    ["train-step"] = TrainStep.Run, // one step of training; bench/train_step_torch.py compares
    ["tradeoff"] = Tradeoff.Run,  // a teacher next to its student, its 8-bit, pruned and adapted forms
    ["serve"] = rest => ServeBench.Run(rest).GetAwaiter().GetResult(), // many clients of one service
    ["random-gpt2"] = RandomGpt2.Run, // makes a model of a real size to measure with
    ["random-model"] = RandomModel.Run, // the same of other families, by the name of a published model
    ["suite"] = Vitrine.Bench.Suite.SuiteBench.Run, // the op table by BenchmarkDotNet
    ["tokenizers"] = TokenizerBench.Run, // characters per second next to Microsoft.ML.Tokenizers
    ["ops"] = rest => Command("ops", rest), // every op against the limits of the machine
    ["pair"] = rest => Command("pair", rest), // the kernels of two devices in turn
    ["compare"] = rest => Command("compare", rest), // two results of ops
    ["families"] = rest => Command("families", rest), // each family next to a GPT-2 of the same size
    ["inside"] = rest => Command("inside", rest), // patches, estimates, edges; bench/compare_inside.py compares
    ["model"] = rest => Command("model", rest), // forward, gradients and explanations of a language model
};
if (args.Length == 0 || !benches.TryGetValue(args[0], out Func<string[], int>? bench))
{
    Console.Error.WriteLine($"bench: no such benchmark; got '{string.Join(' ', args)}'; "
        + $"expected one of {string.Join(", ", benches.Keys)}.");
    return 2;
}
return bench(args[1..]);

static int Command(string name, string[] rest) => (int)BenchCommands.Run([name, .. rest], Terminal.OfProcess(), CancellationToken.None);

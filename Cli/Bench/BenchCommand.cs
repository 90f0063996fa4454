namespace Vitrine.Cli;

/// <summary><c>vitrine bench</c>: how fast ops and models are here.</summary>
internal static class BenchCommand
{
    public static Verb Create(Terminal terminal)
    {
        var verb = new Verb("bench", "Measures speed: of single ops, or of a whole model.", """
            vitrine bench ops
            vitrine bench ops mat_mul --threads 2 --json after.json
            vitrine bench compare before.json after.json
            vitrine bench model --model path/to/gpt2 --tokens 128 --generate 16 --values values.json
            """);
        verb.Add(BenchOps.Create(terminal));
        verb.Add(BenchCompare.Create(terminal));
        verb.Add(BenchModel.Create(terminal));
        return verb;
    }
}

#:package Microsoft.CodeAnalysis.CSharp
#:property PublishAot=false
#:property JsonSerializerIsReflectionEnabledByDefault=true
#:property RestorePackagesWithLockFile=false
// One file, so that `dotnet run` takes it by itself: choosing, the copy of the tree, running and what lived, in this order.
// Do the tests see a wrong line? Takes random one-operator mutants of the sources, puts all of them into one copy of the tree (each with
// a switch that an environment variable throws), builds it once, and runs the suite once without a mutant: that tells which tests come by
// which mutant, and how long they take. For every mutant it then runs the tests that come by it, those named like its file first, then the
// shortest, until the first failure or until they have had a minute. What no test saw is listed.
//
//   dotnet run tests/Mutation/mutate.cs -- --count 20 --seed 1                     # over all areas
//   dotnet run tests/Mutation/mutate.cs -- --count 20 Core.Autograd Training/Lora  # over folders or files
//   ... --seconds 600  seconds of tests that a mutant gets (60)
//   ... --from 50      goes on at the 50th mutant of the last copy, which stays in artifacts/mutants with its lists (--to 99: until there)
//   ... --again        takes the tree's tests of today into that copy, and tries what survived
//
// Of 194 mutants of --count 200 --seed 1 (without kernels in C# for GPUs, which ILGPU compiles: they know no environment) 178 were killed.
// Those that lived, and why:
//   Sobol 42             all sets are listed once, whichever bit says that a player is there
//   ShardIndex 81        equal strings become one or stay two
//   LowerCase 41         no character is both a letter with case and ignorable
//   Unary.Cpu 86         the last two vectors are done by the loop of one: the same bits
//   MatMul 149           a matrix of one row is copied, not read where it lies
//   TorchFile 43         a byte less of the room for copies, per tensor that is mapped
//   Trainer 149          loss and gradients are there together, or neither
//   DecompX 80           how many positions are done at once
//   SaeTraining 206      without texts nothing is divided by it
//   PairStatistics 80    0/0 is NaN too
//   MonotonicPath 85     a coordinate that two words share to the bit
//   KernelShap 134       every draw of one size, in Captum's way and beyond what can be listed
//   ValueZeroing 227     models of width 1
//   PieceTrie 88         a piece that begins with U+0001 in a vocabulary of thousands
//   MlpProbe 26          the scale of one random weight at the start
//   BeamSearch 62        four candidates of which three and more are ends, with two ends
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

string[] areas = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Training"];
string root = Directory.GetCurrentDirectory();
while (!File.Exists(Path.Combine(root, "Vitrine.slnx")))
{
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("mutate: run it inside the tree.");
}
var words = new Queue<string>(args);
int count = 20, seed = 1, first = 0, last = int.MaxValue, seconds = 60;
bool isAgain = false;
List<string> places = [];
while (words.TryDequeue(out string? word))
{
    switch (word)
    {
        case "--count": count = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--seed": seed = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--from": first = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--to": last = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--seconds": seconds = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--again": isAgain = true; break;
        default: places.Add(word); break;
    }
}
string copy = Path.Combine(root, "artifacts", "mutants");
string list = Path.Combine(copy, "mutants.json"), left = Path.Combine(copy, "survivors.json"), met = Path.Combine(copy, "met.tsv");
Mutant[] mutants;
if (isAgain || first > 0)
{
    mutants = JsonSerializer.Deserialize<Mutant[]>(File.ReadAllText(isAgain ? left : list))!;
    if (isAgain)
    {
        Tree.TakeTests(root, copy);
    }
}
else
{
    var sources = new Sources(root, areas);
    mutants = sources.Choose(places.Count > 0 ? [.. places] : areas, count, seed);
    Console.WriteLine($"{mutants.Length} mutants in {mutants.DistinctBy(m => m.File).Count()} files");
    Tree.Make(root, copy, sources, mutants);
    File.WriteAllText(list, JsonSerializer.Serialize(mutants));
}
if (isAgain || first == 0)
{
    Tests.Meet(copy, met, root);
}
var tests = new Tests(copy, met, root);
Console.WriteLine(FormattableString.Invariant($"{tests.Count} tests, {tests.Seconds:F0} s without a mutant"));
List<Mutant> survivors = [];
Mutant[] wanted = [.. mutants.Where(mutant => isAgain || (mutant.Id >= first && mutant.Id <= last))];
foreach (Mutant mutant in wanted)
{
    (string? killer, string ran) = tests.Kill(mutant, seconds);
    if (killer is null)
    {
        survivors.Add(mutant);
        File.WriteAllText(left, JsonSerializer.Serialize(survivors));
    }
    Console.WriteLine($"{mutant.Id,4} {(killer is null ? "SURVIVED" : "killed  ")} {mutant}  {(killer is null ? ran : $"by {killer}")}");
}
int killed = wanted.Length - survivors.Count;
Console.WriteLine(FormattableString.Invariant($"{killed} of {wanted.Length} killed ({100.0 * killed / Math.Max(1, wanted.Length):F1} %)"));
survivors.ForEach(mutant => Console.WriteLine($"  {mutant}"));
return 0;

/// <summary>A change of one operator.</summary>
internal sealed record Mutant(int Id, string File, int Line, TextSpan Span, string Old, string New)
{
    public string Switch => $"(global::VitrineMutant.On({Id}) ? ({New}) : ({Old}))";

    public override string ToString() => $"{File}:{Line}: {Old.ReplaceLineEndings(" ")}  ->  {New.ReplaceLineEndings(" ")}";
}

/// <summary>The product's sources in one compilation, which says what an expression is.</summary>
internal sealed class Sources
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    /// <summary>Says which mutant is on; notes which are met, when asked.</summary>
    public const string SwitchSource = """
        public static class VitrineMutant
        {
            private static readonly int s_on = int.Parse(System.Environment.GetEnvironmentVariable("VITRINE_MUTANT") ?? "0");
            private static readonly bool[]? s_met =
                System.Environment.GetEnvironmentVariable("VITRINE_MET") is null ? null : new bool[10000];

            public static bool On(int id)
            {
                if (s_met is not null)
                {
                    s_met[id] = true;
                }
                return s_on == id;
            }

            public static int[] TakeMet()
            {
                int[] met = [.. System.Linq.Enumerable.Range(0, s_met!.Length).Where(id => s_met[id])];
                System.Array.Clear(s_met);
                return met;
            }
        }
        """;

    /// <summary>A part of the tests that writes a line for each: its number, name, result, seconds and the mutants it met.</summary>
    public const string MetSource = """
        [assembly: MutantsMet]

        [System.AttributeUsage(System.AttributeTargets.Assembly)]
        public sealed class MutantsMetAttribute : Xunit.v3.BeforeAfterTestAttribute
        {
            private static long s_end = System.Diagnostics.Stopwatch.GetTimestamp();

            public override void After(System.Reflection.MethodInfo method, Xunit.v3.IXunitTest test)
            {
                if (System.Environment.GetEnvironmentVariable("VITRINE_MET") is { } file)
                {
                    System.IO.File.AppendAllText(file, System.FormattableString.Invariant(
                        $"{test.TestCase.UniqueID}\t{method.ReflectedType}.{method.Name}\t{Xunit.TestContext.Current.TestState?.Result}\t")
                        + System.FormattableString.Invariant($"{System.Diagnostics.Stopwatch.GetElapsedTime(s_end).TotalSeconds:F4}\t")
                        + string.Join(' ', VitrineMutant.TakeMet()) + "\n");
                    s_end = System.Diagnostics.Stopwatch.GetTimestamp();
                }
            }
        }
        """;

    private readonly CSharpParseOptions _parsing = new(LanguageVersion.Preview);
    private readonly CSharpCompilation _all;
    private readonly HashSet<string> _known;

    public Sources(string root, string[] areas)
    {
        IEnumerable<string> files = areas.SelectMany(area =>
            Directory.EnumerateFiles(Path.Combine(root, area), "*.cs", SearchOption.AllDirectories));
        _all = CSharpCompilation.Create("all",
            [
                .. files.Order(StringComparer.Ordinal).Select(file =>
                    CSharpSyntaxTree.ParseText(File.ReadAllText(file), _parsing, Path.GetRelativePath(root, file))),
                CSharpSyntaxTree.ParseText(Usings, _parsing), CSharpSyntaxTree.ParseText(SwitchSource, _parsing),
            ],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(path => Path.GetFileName(path).StartsWith("System", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path)),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        _known = [.. Errors(_all).Select(Key)]; // what source generators would add is missing
    }

    /// <summary>Mutants that compile, no two of which overlap.</summary>
    public Mutant[] Choose(string[] places, int count, int seed)
    {
        List<Mutant> all = [.. _all.SyntaxTrees.Where(tree => Array.Exists(places, place =>
            tree.FilePath == place || tree.FilePath.StartsWith(place.TrimEnd('/') + "/", StringComparison.Ordinal))).SelectMany(Of)];
        new Random(seed).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
        List<Mutant> chosen = [];
        foreach (Mutant mutant in all.Where(mutant => !mutant.File.EndsWith(".Gpu.cs", StringComparison.Ordinal))) // compiled by ILGPU
        {
            if (chosen.Count < count + (count / 4) + 2
                && !chosen.Exists(m => m.File == mutant.File && m.Span.OverlapsWith(mutant.Span)))
            {
                chosen.Add(mutant with { Id = chosen.Count + 1 });
            }
        }
        for (HashSet<int> bad = Broken(chosen); bad.Count > 0; bad = Broken(chosen))
        {
            chosen.RemoveAll(mutant => bad.Contains(mutant.Id));
        }
        return [.. chosen.Take(count).Select((mutant, i) => mutant with { Id = i + 1 })];
    }

    /// <summary>The text of a file with its mutants.</summary>
    public string Text(string file, IEnumerable<Mutant> mutants) => _all.SyntaxTrees.First(tree => tree.FilePath == file).GetText()
        .WithChanges(mutants.Select(mutant => new TextChange(mutant.Span, mutant.Switch))).ToString();

    // The numbers of mutants that do not compile: those in the same member as an error.
    private HashSet<int> Broken(List<Mutant> mutants)
    {
        CSharpCompilation changed = _all;
        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(mutant => mutant.File))
        {
            SyntaxTree tree = _all.SyntaxTrees.First(t => t.FilePath == file.Key);
            changed = changed.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(Text(file.Key, file), _parsing, file.Key));
        }
        return [.. Errors(changed).Where(error => !_known.Contains(Key(error))).SelectMany(error =>
        {
            SyntaxNode at = error.Location.SourceTree!.GetRoot().FindNode(error.Location.SourceSpan);
            string member = (at.FirstAncestorOrSelf<MemberDeclarationSyntax>() ?? at).ToString();
            return mutants.Where(mutant => mutant.File == error.Location.SourceTree.FilePath
                && member.Contains(mutant.Switch, StringComparison.Ordinal));
        }).Select(mutant => mutant.Id)];
    }

    private static IEnumerable<Diagnostic> Errors(Compilation of) => of.GetDiagnostics()
        .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Location.SourceTree is not null);

    private static string Key(Diagnostic error) =>
        $"{error.Location.SourceTree!.FilePath} {error.Id} {error.GetMessage(CultureInfo.InvariantCulture)}";

    private IEnumerable<Mutant> Of(SyntaxTree tree)
    {
        SemanticModel model = _all.GetSemanticModel(tree);
        return tree.GetRoot().DescendantNodes(node => node is not (AttributeListSyntax or ThrowStatementSyntax or ThrowExpressionSyntax
            or PatternSyntax or InterpolatedStringExpressionSyntax or EnumDeclarationSyntax or ParameterListSyntax
            or CaseSwitchLabelSyntax))
            .OfType<ExpressionSyntax>().Where(node => !IsConstant(node)).SelectMany(node => Replacements(node, model)
                .Select(replacement => new Mutant(0, tree.FilePath, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, node.Span,
                    node.ToString(), replacement)));
    }

    private static bool IsConstant(SyntaxNode node) => node.Ancestors().Any(a =>
        a is FieldDeclarationSyntax { Modifiers: var of } && of.Any(SyntaxKind.ConstKeyword)
        || a is LocalDeclarationStatementSyntax { IsConst: true }
        || a is ObjectCreationExpressionSyntax { Type: var type } && type.ToString().EndsWith("Exception", StringComparison.Ordinal)
        || a is MethodDeclarationSyntax { Identifier.Text: "ToString" or "GetHashCode" });

    private static IEnumerable<string> Replacements(ExpressionSyntax node, SemanticModel model)
    {
        switch (node)
        {
            case BinaryExpressionSyntax two when Other(two.OperatorToken.Text) is { } other && (other is "==" or "!=" or "&&" or "||"
                || (IsNumber(two.Left, model) && IsNumber(two.Right, model))):
                yield return $"{two.Left} {other} {two.Right}";
                break;
            case PrefixUnaryExpressionSyntax { OperatorToken.Text: "!" or "-", Operand: var operand }
                when !model.GetConstantValue(node).HasValue:
                yield return operand.ToString();
                break;
            case LiteralExpressionSyntax { Token.Text: "true" or "false" or "0" or "1" } literal:
                yield return literal.Token.Text switch { "true" => "false", "false" => "true", "0" => "1", _ => "0" };
                break;
            case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: var name } member } call
                when Other(name) is { } other:
                yield return $"{member.Expression}{member.OperatorToken}{other}{call.ArgumentList}";
                break;
        }
        if (node.Parent is AssignmentExpressionSyntax { OperatorToken.Text: "+=" or "-=" } sum && sum.Right == node
            && IsNumber(node, model))
        {
            yield return $"-({node})";
        }
    }

    private static string? Other(string name) => name switch
    {
        "+" => "-",
        "-" => "+",
        "*" => "/",
        "/" => "*",
        "<" => "<=",
        "<=" => "<",
        ">" => ">=",
        ">=" => ">",
        "==" => "!=",
        "!=" => "==",
        "&&" => "||",
        "||" => "&&",
        "Min" => "Max",
        "Max" => "Min",
        "Any" => "All",
        "All" => "Any",
        "First" => "Last",
        "Last" => "First",
        _ => null,
    };

    private static bool IsNumber(ExpressionSyntax node, SemanticModel model) => model.GetTypeInfo(node).Type is { } type
        && (type.SpecialType is >= SpecialType.System_SByte and <= SpecialType.System_Double
            || type.Name.StartsWith("Vector", StringComparison.Ordinal));
}

/// <summary>The copy of the tree that holds all mutants.</summary>
internal static class Tree
{
    public static void Make(string root, string copy, Sources sources, Mutant[] mutants)
    {
        foreach (string folder in Directory.Exists(copy) ? Directory.GetDirectories(copy) : [])
        {
            if (Path.GetFileName(folder) != "artifacts") // what an earlier copy has built stays
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        Files(root, copy, ".");
        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(mutant => mutant.File))
        {
            File.WriteAllText(Path.Combine(copy, file.Key), sources.Text(file.Key, file));
        }
        File.WriteAllText(Path.Combine(copy, "Core.Tensor", "VitrineMutant.cs"), Sources.SwitchSource);
        Build(copy);
    }

    /// <summary>Puts the tests of the tree in the place of those of the copy.</summary>
    public static void TakeTests(string root, string copy)
    {
        Directory.Delete(Path.Combine(copy, "tests"), recursive: true);
        Files(root, copy, "tests");
        Build(copy);
    }

    private static void Files(string root, string copy, string below)
    {
        string[] files = Run.Output("git", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", below)
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);
        foreach (string file in files)
        {
            string from = Path.Combine(root, file), to = Path.Combine(copy, file);
            if (File.Exists(from))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to, overwrite: true);
            }
        }
    }

    private static void Build(string copy)
    {
        File.WriteAllText(Path.Combine(copy, "tests", "Support", "MutantsMet.cs"), Sources.MetSource);
        string built = Run.Output("dotnet", copy, "build", "tests/tests.csproj", "-c", "Debug", "-p:Optimize=true", "-p:RunAnalyzers=false",
            "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false",
            "-p:WarningLevel=0", "-v", "q", "-nologo");
        if (built.Contains(": error ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"mutate: the copy does not build.{Environment.NewLine}{built}");
        }
    }
}

/// <summary>The tests of the copy, with what each of them met.</summary>
internal sealed class Tests
{
    // What reads the sources, what starts programs or a browser, what draws new input every time, or takes long to see little.
    private static readonly string[] s_others = ["*.Architecture.*", "*.Docs.*", "*.Fuzz.*", "*.Kills.*", "*.Scale.*", "*PublicApi*",
        "*Page*", "*SampleTests*"];

    private const int Few = 4;

    private readonly string _copy, _root;
    private readonly Case[] _cases;

    public Tests(string copy, string met, string root)
    {
        (_copy, _root) = (copy, root);
        _cases = [.. File.ReadLines(met).Select(line => line.Split('\t')).Where(line => line[2] != "Skipped").GroupBy(line => line[0])
            .Where(lines => lines.All(line => line[2] != "Failed")).Select(lines => new Case(lines.Key, lines.First()[1],
                lines.Sum(line => double.Parse(line[3], CultureInfo.InvariantCulture)),
                [.. lines.SelectMany(line => line[4].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)]))];
    }

    public int Count => _cases.Length;

    public double Seconds => _cases.Sum(test => test.Seconds);

    /// <summary>Runs the suite without a mutant, and notes what its tests meet.</summary>
    public static void Meet(string copy, string met, string root)
    {
        File.Delete(met);
        _ = Run.Failure(copy, root, TimeSpan.MaxValue, [("VITRINE_MET", met)], [.. s_others.SelectMany(c => new[] { "-class-", c })]);
        foreach (string[] line in File.ReadLines(met).Select(line => line.Split('\t')).Where(line => line[2] == "Failed"))
        {
            Console.WriteLine($"mutate: {line[1]} fails without a mutant, and is left out.");
        }
    }

    /// <summary>What saw a mutant: a test, or that the tests did not end; null where nothing did, with what was run.</summary>
    public (string? Killer, string Ran) Kill(Mutant mutant, double seconds)
    {
        string file = Path.GetFileName(mutant.File).Split('.')[0];
        string folder = Path.GetFileName(Path.GetDirectoryName(mutant.File))!.TrimEnd('s');
        Case[] all = [.. _cases.Select(test => (Test: test, Rank: (test.Met.Contains(mutant.Id) ? 0 : 3)
                + (test.Name.Contains(file, StringComparison.Ordinal) ? 0 : test.Name.Contains(folder, StringComparison.Ordinal) ? 1 : 2)))
            // What statics and fixtures have made is met once: tests named like the file may see it too, or any.
            .Where(test => test.Rank < 4 || _cases.Count(other => other.Met.Contains(mutant.Id)) < Few)
            .OrderBy(test => test.Rank / 3).ThenBy(test => test.Test.Seconds * (1 + (5 * test.Rank * test.Rank)))
            .Select(test => test.Test)];
        int from = 0;
        foreach (double end in (double[])[1.5, 8, seconds])
        {
            double sum = 0;
            Case[] some = [.. all.Skip(from).TakeWhile(test => (sum += test.Seconds) <= end || sum == test.Seconds)];
            from += some.Length;
            if (some.Length > 0 && Run.Failure(_copy, _root, TimeSpan.FromSeconds(20 + (4 * sum)),
                [("VITRINE_MUTANT", mutant.Id.ToString(CultureInfo.InvariantCulture))],
                [.. some.SelectMany(test => new[] { "-id", test.Id }), "-stoponfail"]) is { } killer)
            {
                return (killer, "");
            }
        }
        return (null, $"{all.Count(test => test.Met.Contains(mutant.Id))} tests met it, {from} of {all.Length} ran");
    }

    private sealed record Case(string Id, string Name, double Seconds, HashSet<int> Met);
}

/// <summary>Other programs.</summary>
internal static partial class Run
{
    public static string Output(string program, string folder, params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        return process.StandardOutput.ReadToEnd();
    }

    /// <summary>The first test that fails, or that they do not end; null where all pass.</summary>
    public static string? Failure(string copy, string root, TimeSpan limit, (string Name, string Value)[] variables, string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(copy, "artifacts/bin/tests/debug/Vitrine.Tests"), [.. words, "-parallelMode", "none"])
        {
            WorkingDirectory = copy,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1"; // no test depends on it
        start.Environment["DOTNET_GCHeapHardLimit"] = "180000000"; // 6 GiB: a mutant may ask for more and more
        start.Environment.TryAdd("VITRINE_DATA", Path.Combine(root, "..", "shared", "data"));
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }
        using Process process = Process.Start(start)!;
        string? failed = null;
        process.OutputDataReceived += (_, line) => failed ??= Failed().Match(line.Data ?? "") is { Success: true } match
            ? match.Groups[1].Value : null;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        long began = Stopwatch.GetTimestamp();
        while (!process.WaitForExit(500))
        {
            if (limit < TimeSpan.MaxValue && (Used(process) > limit || Stopwatch.GetElapsedTime(began) > 5 * limit))
            {
                process.Kill(entireProcessTree: true);
                return "time";
            }
        }
        process.WaitForExit();
        return process.ExitCode == 0 ? null : failed ?? "the end of the process";
    }

    private static TimeSpan Used(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception) // it has just ended
        {
            return TimeSpan.Zero;
        }
    }

    [GeneratedRegex(@"(Vitrine\.Tests\.[\w.+]+).* \[FAIL\]")]
    private static partial Regex Failed();
}

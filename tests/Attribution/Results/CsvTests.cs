using System.Text;
using Vitrine.Attributions;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Tables: what is written can be read back by any reader of RFC 4180, ours included.</summary>
public class CsvTests
{
    private static readonly string[] s_hard = ["a,b", "say \"hi\"", "two\nlines", "cr\r\nlf", "我喜欢看书", "שלום", "", " space ", "'=1+1", "😀"];

    [Fact]
    public void Fields_OfAnyText_AreReadBack()
    {
        var table = new ResultTable(("n", typeof(long)), ("text", typeof(string)));
        foreach (string text in s_hard)
        {
            table.Add(1, text);
        }

        List<string[]> records = Parse(table.ToCsv());

        Assert.Equal(["n", "text"], records[0]);
        Assert.Equal(s_hard, records.Skip(1).Select(record => record[1]));
        Assert.EndsWith("\r\n", table.ToCsv(), StringComparison.Ordinal);
        Assert.Contains("\"say \"\"hi\"\"\"", table.ToCsv(), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_AreReadBackWithoutLoss()
    {
        var table = new ResultTable([.. "abcde".Select(name => (name.ToString(), typeof(double)))]);
        table.Add(0.1f, 1d / 3, double.NaN, null, true);

        string[] record = Parse(table.ToCsv())[1];

        Assert.Equal((0.1f, 1d / 3), (float.Parse(record[0], System.Globalization.CultureInfo.InvariantCulture),
            double.Parse(record[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["", "", "1"], record[2..]);
        Assert.Throws<ArgumentException>(() => table.Add(1));
    }

    [Fact]
    public void Result_AsTable_HasARecordPerTargetAndToken()
    {
        ScoreFunction f = Models.Function("marian", "log_probability");
        AttributionResult result = new SequenceAndTokens(new InputXGradient()).Attribute(f, new());

        List<string[]> records = Parse(((AttributionResult[])[result]).ToCsv());

        string[] head = records[0];
        string At(string[] record, string column) => record[Array.IndexOf(head, column)];
        Assert.Equal(1 + (result.Targets.Count * result.Sides.Sum(side => side.Tokens.Count)), records.Count);
        foreach (string[] record in records.Skip(1))
        {
            (int t, int p) = (Number(At(record, "target")), Number(At(record, "position")));
            int s = At(record, "side") == "source" ? 0 : 1;
            string score = p < result.Targets[t].Reach[s]
                ? result.Sides[s].Scores[t][p].ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
            Assert.Equal((score, result.Sides[s].Tokens[p].Piece, s == 1 ? "1" : "0"),
                (At(record, "score"), At(record, "token"), At(record, "is_written")));
            Assert.Equal(t == result.Targets.Count - 1 ? "3" : "", At(record, "sequence_length"));
        }
        Assert.Contains(records, record => At(record, "score").Length == 0);
    }

    [Fact]
    public void Explain_Csv_HoldsTheTextAsItIs()
    {
        using var model = new TinyModel();
        const string Text = "a \"good\", 书\nmovie";

        CliRun run = CliRun.Of(["explain", Text, "--model", model.Path, "--method", "saliency,feature_ablation", "--csv", "-"]);
        CliRun second = CliRun.Of(["explain", Text, "--model", model.Path, "--method", "saliency", "--json", "a.json", "--csv", "a.csv"],
            folder: model.Path);
        Assert.All([run, second], one => Assert.Equal(ExitCode.Success, one.Code));
        Assert.All([run, second], one =>
            Assert.StartsWith("vitrine: The vocabulary has no pieces for", one.Error, StringComparison.Ordinal));
        CliRun.Of(["show", "a.json", "--csv", "b.csv"], folder: model.Path).IsDone();

        List<string[]> records = Parse(run.Output);
        int surface = Array.IndexOf(records[0], "surface"), method = Array.IndexOf(records[0], "method");
        Assert.All(records, record => Assert.Equal(records[0].Length, record.Length));
        Assert.Equal(["", "a", "\"", "good", "\"", ",", "书", "movie", ""],
            records.Where(record => record[method] == "saliency").Select(record => record[surface]));
        Assert.Equal(File.ReadAllText(Path.Combine(model.Path, "a.csv")), File.ReadAllText(Path.Combine(model.Path, "b.csv")));
        Assert.Empty(Directory.EnumerateFiles(model.Path, "*.tmp*"));
        CliRun.Of(["explain", Text, "--model", model.Path, "--csv", "-", "--json", "-"]).IsRefused(ExitCode.Usage, "two results");
        CliRun.Of(["explain", Text, "--model", model.Path, "--csv", "nowhere/a.csv"], folder: model.Path)
            .IsRefused(ExitCode.Output, "nowhere");
        CliRun.Of(["explain", "--input", "rows.jsonl", "--model", model.Path, "--csv", "rows.csv"], folder: model.Path)
            .IsRefused(ExitCode.Usage, "one file for many rows");
    }

    [Fact]
    public void Evaluate_Csv_HasTheTableAndEveryNumber()
    {
        using var model = new TinyModel();
        model.Write("rows.jsonl", "{\"text\": \"a good movie\", \"id\": \"x,1\"}\nnot json\n{\"text\": \"the bad movie\"}\n");

        CliRun.Of(["evaluate", "--input", "rows.jsonl", "--model", model.Path, "--method", "feature_ablation,random", "--metric",
            "comprehensiveness,tau_loo", "--csv", "t.csv", "--csv-texts", "n.csv"], folder: model.Path);
        CliRun.Of(["report", "--input", "rows.jsonl", "--model", model.Path, "--method", "saliency,random", "--csv", "r.csv"],
            folder: model.Path);

        List<string[]> table = Parse(File.ReadAllText(Path.Combine(model.Path, "t.csv"))),
            numbers = Parse(File.ReadAllText(Path.Combine(model.Path, "n.csv"))),
            report = Parse(File.ReadAllText(Path.Combine(model.Path, "r.csv")));
        Assert.Equal(["method", "rank", "metric", "higher_is_better", "mean", "half_width", "texts"], table[0]);
        Assert.Equal(1 + (2 * 2), table.Count);
        Assert.Equal(1 + (2 * 2 * 2), numbers.Count);
        Assert.Equal([("1", "x,1"), ("3", "")], numbers.Skip(1).Select(record => (record[0], record[1])).Distinct());
        string[] mean = table.First(record => record[0] == "feature_ablation" && record[2] == "comprehensiveness");
        double[] single = [.. numbers.Where(record => record[2] == mean[0] && record[3] == mean[2])
            .Select(record => double.Parse(record[4], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(single.Average(), double.Parse(mean[4], System.Globalization.CultureInfo.InvariantCulture), 1e-12);
        Assert.Equal(["1", "2"], report.Skip(1).Select(record => record[0]).Distinct());
    }

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A reader by the letter of RFC 4180.</summary>
    private static List<string[]> Parse(string text)
    {
        List<string[]> records = [];
        List<string> fields = [];
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[i++]);
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && (text[i] == ',' || text.AsSpan(i).StartsWith("\r\n")))
            {
                fields.Add(field.ToString());
                field.Clear();
                if (text[i] == '\r')
                {
                    records.Add([.. fields]);
                    fields.Clear();
                    i++;
                }
            }
            else
            {
                field.Append(text[i]);
            }
        }
        Assert.Empty(fields);
        return records;
    }
}

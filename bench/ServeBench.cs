using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Serve;

namespace Vitrine.Bench;

/// <summary>
/// Many clients of one service on the loopback, for a while, next to the same work by <c>explain --input</c>: every answer is compared with
/// the library's own before anything is timed.
/// </summary>
internal static class ServeBench
{
    private static readonly string[] s_words = ["gorgeous", "witty", "overlong", "dull", "story", "movie", "comes", "alive", "never", "a"];

    public static async Task<int> Run(string[] args)
    {
        string folder = args.Length > 0 ? args[0] : throw new ArgumentException("serve: no model; expected a folder, then clients and "
            + "seconds.");
        int clients = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200;
        double seconds = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 30;
        long started = Stopwatch.GetTimestamp();
        await using Server server = await Server.Start(new() { Models = [new("model", folder)], Port = 0 });
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients }) { BaseAddress = server.Address };
        using HttpResponseMessage paint = await client.GetAsync("/explain");
        Console.WriteLine($"first page                 {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms after the start of "
            + $"the service");
        while (!(await client.GetAsync("/readyz")).IsSuccessStatusCode)
        {
            await Task.Delay(5);
        }
        Console.WriteLine($"ready                      {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");

        using var explainer = Explainer.Load(folder);
        string expected = explainer.Explain(Text(7), new() { Methods = [Methods.Saliency] }).ToJson();
        if (await (await Ask(client, 7)).Content.ReadAsStringAsync() != expected)
        {
            Console.Error.WriteLine("serve: the service answers something else than the library");
            return 1;
        }
        double alone = Alone(explainer, Math.Min(10, seconds));
        var times = new List<double>();
        int[] statuses = new int[600];
        long[] memory = new long[3];
        long begun = Stopwatch.GetTimestamp();
        int next = 1000;
        await Task.WhenAll([Watch(memory, seconds), .. Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds)
            {
                long sent = Stopwatch.GetTimestamp();
                using HttpResponseMessage answer = await Ask(client, Interlocked.Increment(ref next));
                await answer.Content.ReadAsByteArrayAsync();
                Interlocked.Increment(ref statuses[(int)answer.StatusCode]);
                if (answer.IsSuccessStatusCode)
                {
                    lock (times)
                    {
                        times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                    }
                }
            }
        })]);
        double took = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        times.Sort();
        Console.WriteLine($"clients                    {clients}, {took:0.0} s");
        Console.WriteLine($"answers by status         "
            + $" {string.Join(", ", statuses.Index().Where(s => s.Item > 0).Select(s => $"{s.Index}: {s.Item}"))}");
        Console.WriteLine($"explanations per second    {times.Count / took:0.0} served, {alone:0.0} by rows in one process");
        Console.WriteLine($"time of an answer          median {At(0.5):0} ms, p95 {At(0.95):0} ms, p99 {At(0.99):0} ms");
        Console.WriteLine($"memory                     {memory[0] >> 20} MB at a third, {memory[1] >> 20} at two, {memory[2] >> 20} at "
            + $"the end");
        return statuses.Index().Any(s => s.Item > 0 && s.Index is not (200 or 429)) ? 1 : 0;

        double At(double share) => times[Math.Min(times.Count - 1, (int)(share * times.Count))];
    }

    // The same texts, row by row, as the command writes them.
    private static double Alone(Explainer explainer, double seconds)
    {
        long begun = Stopwatch.GetTimestamp();
        int rows = 0;
        for (int block = 0; Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds; block++, rows += 100)
        {
            using DataFile data = DataFile.Open(new MemoryStream(Encoding.UTF8.GetBytes(
                string.Join('\n', Enumerable.Range(block * 100, 100).Select(Text)))), new() { Format = DataFormat.Lines });
            explainer.ExplainFile(data, RowsOutput.To(TextWriter.Null), new() { Methods = [Methods.Saliency] });
        }
        return rows / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task Watch(long[] memory, double seconds)
    {
        for (int i = 0; i < memory.Length; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds / memory.Length));
            memory[i] = Environment.WorkingSet;
        }
    }

    private static Task<HttpResponseMessage> Ask(HttpClient client, int number) => client.PostAsync("/v1/explain", new StringContent(
        $$"""{"text": "{{Text(number)}}", "methods": ["saliency"]}""", Encoding.UTF8, "application/json"));

    // Nine words that no other number has in this order.
    private static string Text(int number) =>
        string.Join(' ', Enumerable.Range(0, 9).Select(i => s_words[(number / (int)Math.Pow(10, i % 6) + (i * 3)) % 10]));
}

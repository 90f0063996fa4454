// Asks a running service (vitrine serve) which words made a model decide, and what it writes: dotnet run samples/client.cs [address]
// [token]
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

using var service = new HttpClient { BaseAddress = new(args is [var address, ..] ? address : "http://127.0.0.1:8080") };
if (args is [_, var token, ..])
{
    service.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
}

JsonNode why = (await Ask("/v1/explain", new()
{
    ["text"] = "a gorgeous, witty, seductive movie",
    ["methods"] = new JsonArray("saliency")
}))["result"]!;
JsonNode side = why["sides"]![0]!;
Console.WriteLine($"{why["targets"]![0]!["label"]}, by {why["method"]}");
for (int i = 0; i < side["tokens"]!.AsArray().Count; i++)
{
    Console.WriteLine($"{side["scores"]![0]![i]!.GetValue<double>(),8:0.000} {side["tokens"]![i]!["piece"]}");
}
JsonNode written = await Ask("/v1/generate", new() { ["model"] = "stories", ["text"] = "Clara lived with her", ["max_new_tokens"] = 8 });
Console.WriteLine($"Clara lived with her{written["text"]}");

async Task<JsonNode> Ask(string path, JsonObject request)
{
    using var body = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
    using HttpResponseMessage response = await service.PostAsync(path, body);
    JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    return response.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{answer["detail"]}"); // in the library's words
}

namespace LmmFunctional.Interactive

open System
open System.Diagnostics
open System.Runtime.CompilerServices
open LmmFunctional
open LmmFunctional.Estimation
open Microsoft.DotNet.Interactive.Formatting

/// <summary>Long fits that tell where they are, below the cell.</summary>
[<RequireQualifiedAccess>]
module Watch =

    // Fits done sooner show nothing; after that a line changes so often.
    let private patience = TimeSpan.FromSeconds 1.0
    let private pause = TimeSpan.FromSeconds 0.25

    /// <summary>Options whose fits show their last iteration in one line that changes. It appears after a second.</summary>
    /// <param name="options">Their own progress is still called.</param>
    /// <example><code lang="fsharp">
    /// Lmm.fit (Watch.fit FitOptions.defaults) data model
    /// </code></example>
    let fit (options: FitOptions) : FitOptions =
        let started = Stopwatch.GetTimestamp()
        let gate = obj ()
        let line = StrongBox<DisplayedValue option> None
        let told = StrongBox TimeSpan.Zero

        let tell (iteration: Iteration) =
            let elapsed = Stopwatch.GetElapsedTime started

            // Several starts may be searched at a time.
            lock gate (fun () ->
                if elapsed > patience && elapsed - told.Value > pause then
                    told.Value <- elapsed
                    let words = $"Fitting, {elapsed.TotalSeconds:F0} s: {iteration}"

                    match line.Value with
                    | Some own -> own.Update words
                    | None -> line.Value <- Some(words.Display "text/plain"))

        {
            options with
                Progress =
                    Some(fun iteration ->
                        tell iteration
                        options.Progress |> Option.iter (fun own -> own iteration))
        }

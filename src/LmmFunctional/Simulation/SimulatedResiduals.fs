namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How simulated residuals are made.</summary>
type SimulatedResidualOptions = {
    /// Responses drawn from the fit.
    Simulations: int
    Seed: int
    /// Whether random effects are drawn too, or are those of the fit.
    Effects: SimulatedEffects
}

/// <summary>Options of simulated residuals.</summary>
[<RequireQualifiedAccess>]
module SimulatedResidualOptions =

    /// 250 responses with new random effects, from seed 1.
    let defaults = {
        Simulations = 250
        Seed = 1
        Effects = SimulatedEffects.New
    }

/// <summary>A test of the data against simulated ones.</summary>
[<StructuredFormatDisplay("{Display}")>]
type SimulatedTest = {
    Name: string
    /// Of the data.
    Statistic: float
    /// The mean of the simulated statistics.
    Expected: float
    /// The rank of the data among the simulated statistics: exact whatever the correlations of the rows, were the parameters
    /// known.
    P: float
    /// Its Monte Carlo standard error.
    MonteCarloError: float
} with

    member private this.Display =
        $"{this.Name}: {Display.number this.Statistic}, expected {Display.number this.Expected}, p {Display.number this.P}"

    /// The statistic, what is expected, and p.
    override this.ToString() = this.Display

/// <summary>Randomised quantile residuals of a fit (Dunn and Smyth 1996), from simulated responses as in DHARMa.</summary>
[<ReferenceEquality>]
type SimulatedResiduals = internal {
    Fit: Fit
    /// The residuals of the data, then of each simulated response among all the others.
    All: float[][]
    /// The means of the simulated responses.
    Means: float[]
    Uniform: SimulatedTest
    Disperse: SimulatedTest
    Extreme: SimulatedTest
} with

    /// The rows of the data, from one.
    member residuals.Rows: ImmutableArray<int> =
        residuals.Fit.Design.Rows |> Seq.map ((+) 1) |> ImmutableArray.CreateRange

    /// The residual of each row: its place among the simulated values, uniform between 0 and 1 where the model is right.
    member residuals.Values: ImmutableArray<float> =
        ImmutableArray.CreateRange residuals.All[0]

    /// The means of the simulated values.
    member residuals.Expected: ImmutableArray<float> =
        ImmutableArray.CreateRange residuals.Means

    /// Whether the residuals are uniform: the distance of Kolmogorov and Smirnov.
    member residuals.Uniformity = residuals.Uniform

    /// Whether the data vary as much as simulated ones: the ratio of their variances about the simulated means, each row in units
    /// of its own; two-sided.
    member residuals.Dispersion = residuals.Disperse

    /// Whether more rows are outside all simulated values than should: their number.
    member residuals.Outliers = residuals.Extreme

/// <summary>Making and testing simulated residuals.</summary>
[<RequireQualifiedAccess>]
module SimulatedResiduals =

    /// A test whose large statistics speak against the model; the first is that of the data.
    let private upper name (statistics: float[]) =
        let simulated = Array.tail statistics
        let p, error = BootstrapTest.pValue statistics[0] simulated

        {
            Name = name
            Statistic = statistics[0]
            Expected = Array.average simulated
            P = p
            MonteCarloError = error
        }

    /// The same for statistics that may be too large or too small.
    let private twoSided name (statistics: float[]) =
        let above = upper name statistics
        let below = upper name (statistics |> Array.map (~-))
        let p = min 1.0 (2.0 * min above.P below.P)

        {
            above with
                P = p
                MonteCarloError =
                    2.0
                    * (if above.P < below.P then
                           above.MonteCarloError
                       else
                           below.MonteCarloError)
        }

    /// The largest distance of the residuals' distribution from the uniform one.
    let private kolmogorov (values: float[]) =
        let sorted = Array.sort values
        let n = float sorted.Length

        sorted
        |> Seq.mapi (fun i u -> max (float (i + 1) / n - u) (u - float i / n))
        |> Seq.max

    /// The place of each data set's value among those of all in one row: (number below + u·number equal)/number, u uniform.
    let private placesIn (stream: RandomStream) (values: float[]) : float[] =
        let order = Array.init values.Length id
        let sorted = Array.copy values
        Array.Sort(sorted, order)
        let count = float values.Length
        let places: float[] = Array.zeroCreate values.Length
        let mutable first = 0

        while first < sorted.Length do
            let mutable last = first

            while last + 1 < sorted.Length && sorted[last + 1] = sorted[first] do
                last <- last + 1

            for k in first..last do
                places[order[k]] <- (float first + stream.NextUniform() * float (last - first + 1)) / count

            first <- last + 1

        places

    // Streams of a seed beside those of its responses.
    let private streamOfRow seed row = RandomStream(~~~(uint64 seed), row)

    /// <summary>The residuals of a fit and their tests.</summary>
    /// <param name="options">The number of simulated responses, the seed, and what is drawn.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The residuals; or that the blocks of dependent rows take too much memory.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than 20 simulations.</exception>
    /// <remarks>Each test ranks the data among the simulated responses, each made a residual in the same way, so that correlated
    /// rows do no harm; that parameters were estimated makes it a little conservative. DHARMa ranks the data only and takes rows
    /// as independent. Memory: a number for each row and response.</remarks>
    let create (options: SimulatedResidualOptions) (fit: Fit) : Result<SimulatedResiduals, LmmError list> =
        Guard.atLeast "Simulations" "The number of simulations" 20 options.Simulations

        Simulator.ofFit options.Effects fit
        |> Result.map (fun simulator ->
            let sets =
                Array.append [| fit.Design.Response |] (Simulator.responses options.Seed options.Simulations simulator)

            let n, count = fit.Observations, sets.Length
            let all = Array.init count (fun _ -> Array.zeroCreate<float> n)
            let squares: float[] = Array.zeroCreate count
            let outside: float[] = Array.zeroCreate count
            let means: float[] = Array.zeroCreate n

            for row in 0 .. n - 1 do
                let values = sets |> Array.map (fun set -> set[row])
                let places = placesIn (streamOfRow options.Seed row) values
                let mean = Array.average values

                let variance =
                    values |> Array.averageBy (fun value -> (value - mean) * (value - mean))

                means[row] <- Array.average (Array.tail values)

                for k in 0 .. count - 1 do
                    all[k].[row] <- places[k]

                    if variance > 0.0 then
                        squares[k] <- squares[k] + (values[k] - mean) * (values[k] - mean) / variance

                    if places[k] * float count < 1.0 || places[k] * float count > float (count - 1) then
                        outside[k] <- outside[k] + 1.0

            let whole = Array.average (Array.tail squares)

            {
                Fit = fit
                All = all
                Means = means
                Uniform = all |> Array.map kolmogorov |> upper "uniformity"
                Disperse = squares |> Array.map (fun square -> square / whole) |> twoSided "dispersion"
                Extreme = upper "outliers" outside
            })

    // Against predictors

    // Numbers of more values than this are cut at their deciles.
    let private mostGroups = 10

    let private groupsOfNumbers (values: float[]) : int[] =
        let distinct = values |> Array.distinct |> Array.sort

        if distinct.Length <= mostGroups then
            values |> Array.map (fun value -> Array.BinarySearch(distinct, value))
        else
            let sorted = Array.sort values

            let ends =
                Array.init (mostGroups - 1) (fun k -> sorted[(k + 1) * sorted.Length / mostGroups])

            values
            |> Array.map (fun value -> ends |> Array.filter (fun limit -> value >= limit) |> Array.length)

    /// Σ over groups of n(mean − overall mean)².
    let private between (groups: int[]) (values: float[]) =
        let overall = Array.average values

        Array.zip groups values
        |> Array.groupBy fst
        |> Array.sumBy (fun (_, own) ->
            let difference = Array.averageBy snd own - overall
            float own.Length * difference * difference)

    let private groupsOf (residuals: SimulatedResiduals) (predictor: string) : Result<int[], LmmError list> =
        if predictor = "fitted" then
            Ok(groupsOfNumbers residuals.Means)
        else
            let rows = residuals.Fit.Design.Rows

            NumericTyping.column predictor residuals.Fit.Design.Schema.Frame
            |> Result.map (fun column ->
                match column with
                | Column.Numeric values
                | Column.Labelled(values, _) -> rows |> Array.map (fun row -> values[row]) |> groupsOfNumbers
                | Column.Categorical(_, codes) -> rows |> Array.map (fun row -> codes[row]))

    /// <summary>Whether residuals depend on a predictor, in the model or not: their location, and their spread (the distance from
    /// ½), by its levels or by tenths of its values.</summary>
    /// <param name="predictor">A column of the data, or <c>fitted</c>, the simulated means.</param>
    /// <param name="residuals">The residuals.</param>
    /// <returns>The two tests, sums of squares between the groups; or that there is no such column.</returns>
    let against (predictor: string) (residuals: SimulatedResiduals) : Result<SimulatedTest list, LmmError list> =
        groupsOf residuals predictor
        |> Result.map (fun groups -> [
            residuals.All |> Array.map (between groups) |> upper $"location by {predictor}"

            residuals.All
            |> Array.map (Array.map (fun u -> abs (u - 0.5)) >> between groups)
            |> upper $"spread by {predictor}"
        ])

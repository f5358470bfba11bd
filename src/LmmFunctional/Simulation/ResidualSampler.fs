namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Residuals alone drawn from their covariance: independent, in dense blocks, or along a field of cells.</summary>
[<RequireQualifiedAccess>]
module internal ResidualSampler =

    /// Adds residuals of a row to each response.
    type Sampler = RandomStream -> float[] -> unit

    /// Independent, of variance σ²/w.
    let independent sigma (weights: float[] option) : Sampler =
        fun stream response ->
            for row in 0 .. response.Length - 1 do
                let deviation =
                    match weights with
                    | Some weights -> sigma / sqrt weights[row]
                    | None -> sigma

                response[row] <- response[row] + deviation * stream.NextNormal()

    /// L z block by block, with the covariance LLᵀ of each block's pattern.
    let blocks (patterns: MarginalPattern[]) (roots: float[][]) : Sampler =
        fun stream response ->
            for pattern, root in Array.zip patterns roots do
                let m = pattern.Size
                let normal: float[] = Array.zeroCreate m

                for block in 0 .. pattern.Count - 1 do
                    for i in 0 .. m - 1 do
                        normal[i] <- stream.NextNormal()

                    for i in 0 .. m - 1 do
                        let row = pattern.Members[block * m + i]

                        for k in 0..i do
                            response[row] <- response[row] + root[i + k * m] * normal[k]

    /// An autoregressive process of variance one from independent numbers: places start, start + step, … of an array.
    let private correlate (rho: float) (values: float[]) start step count =
        let rest = sqrt ((1.0 - rho) * (1.0 + rho))

        for k in 1 .. count - 1 do
            let at = start + k * step
            values[at] <- rho * values[at - step] + rest * values[at]

    /// The process of each field cell by cell, and the nugget; the structure is the correlations along the axes, then the nugget.
    let cells sigma (weights: float[] option) (model: SeparableModel) (structure: ImmutableArray<float>) : Sampler =
        let nugget = if model.HasNugget then structure[model.Grid.Axes] else 0.0

        fun stream response ->
            let cells = Array.init model.Grid.Cells (fun _ -> stream.NextNormal())

            for field in model.Grid.Fields do
                for j in 0 .. field.Width - 1 do
                    correlate structure[0] cells (field.Start + j * field.Length) 1 field.Length

                if model.Grid.Axes > 1 then
                    for i in 0 .. field.Length - 1 do
                        correlate structure[1] cells (field.Start + i) field.Length field.Width

            for row in 0 .. response.Length - 1 do
                let deviation =
                    match weights with
                    | Some weights -> sigma / sqrt weights[row]
                    | None -> sigma

                let shared = sqrt (1.0 - nugget) * cells[model.Grid.CellOfRow[row]]

                let noise =
                    if model.HasNugget then
                        sqrt nugget * stream.NextNormal()
                    else
                        0.0

                response[row] <- response[row] + deviation * (shared + noise)

    /// The design with nothing but a mean and its residuals.
    let private residualsOf (design: Design) : Design =
        let stream = RandomStream(0UL, 1)
        let names = ImmutableArray.Create "(Intercept)"
        let n = design.Response.Length

        {
            design with
                Response = Array.init n (fun _ -> stream.NextNormal())
                Offset = None
                Random = []
                Fixed = {
                    design.Fixed with
                        Matrix = Matrix(n, 1, Array.create n 1.0)
                        Names = names
                        AllNames = names
                        Dropped = ImmutableArray.Empty
                        Constant = Some(ImmutableArray.Create 1.0)
                }
        }

    let private natural (model: MarginalModel) (tau: float[]) =
        model.Residual.Parameters.Natural(Jet.constants tau)
        |> Array.map (_.Value >> ParameterEnds.told)
        |> ImmutableArray.CreateRange

    /// σ times the factor of every pattern's matrix.
    let private rootsAt sigma (model: MarginalModel) (tau: float[]) =
        let matrices = MarginalModel.matrix model (ImmutableArray.CreateRange tau)

        Array.init model.Patterns.Length (fun index ->
            let root = matrices index
            Dense.Factor(model.Patterns[index].Size, root) |> ignore
            root |> Array.map ((*) sigma))

    /// <summary>The sampler of a design's residuals.</summary>
    /// <param name="design">The design; its variance functions have values.</param>
    /// <param name="tau">The inner parameters of the residuals' structure; none for independent residuals.</param>
    /// <param name="sigma">The residual standard deviation of a row of weight one.</param>
    /// <returns>The sampler, or: the blocks of dependent rows take too much memory.</returns>
    let create (design: Design) (tau: float[]) (sigma: float) : Result<Sampler, LmmError list> =
        match design.Residual with
        | None -> Ok(independent sigma design.Weights)
        | Some _ ->
            LogLikelihood.create Criterion.Ml (residualsOf design)
            |> Result.map (fun likelihood ->
                match RowDependence.ofLikelihood likelihood with
                | RowDependence.Independent -> independent sigma design.Weights
                | RowDependence.Blocks model
                | RowDependence.ResidualBlocks(model, _) -> blocks model.Patterns (rootsAt sigma model tau)
                | RowDependence.Fields fields -> cells sigma design.Weights fields (natural fields.Marginal tau))

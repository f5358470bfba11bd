namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Charts of fits and of what follows from them. A chart is a value: what is drawn, with the tables behind it.</summary>
/// <remarks>Functions that make a chart return it, or in words why there is nothing to draw.</remarks>
[<RequireQualifiedAccess>]
module Chart =

    // Residuals

    /// <summary>Studentised conditional residuals against fitted values, with a smooth curve (Cleveland's lowess).</summary>
    let residuals (fit: Fit) : Result<ChartSpec, LmmError list> =
        ResidualCharts.againstFit (ResidualSource.create fit)

    /// <summary>Roots of absolute studentised residuals against fitted values: whether the spread changes along the fit.</summary>
    let scaleLocation (fit: Fit) : Result<ChartSpec, LmmError list> =
        ResidualCharts.scaleLocation (ResidualSource.create fit)

    /// <summary>Ordered studentised residuals against normal quantiles with a 95 % envelope: by 99 responses drawn from the fit and
    /// fitted again (Atkinson 1981) up to 2,000 rows, else that of independent normal values.</summary>
    let qq (fit: Fit) : Result<ChartSpec, LmmError list> =
        QuantileChart.create (ResidualSource.create fit)

    /// <summary>Residuals against leverages, rows beyond twice the mean leverage labelled.</summary>
    let leverage (fit: Fit) : Result<ChartSpec, LmmError list> =
        ResidualCharts.leverage (ResidualSource.create fit)

    // Random effects

    /// <summary>Predicted random effects against normal quantiles with 95 % intervals, a panel for each effect.</summary>
    let effectsQq (fit: Fit) : Result<ChartSpec, LmmError list> = EffectCharts.quantiles fit

    /// <summary>Predicted random effects of every level with 95 % intervals, sorted, a panel for each effect.</summary>
    let caterpillar (fit: Fit) : Result<ChartSpec, LmmError list> = EffectCharts.caterpillar fit

    // Predictions and means

    /// <summary>The data of each subject along a covariate with its fitted curve, a 95 % band, and the population's curve.</summary>
    /// <param name="fit">The fit; its subjects are the levels of the random term with the most effects.</param>
    /// <remarks>The covariate is the first of the fixed effects that varies within subjects; 24 subjects at most are drawn. Bands are by
    /// the normal distribution.</remarks>
    let subjects (fit: Fit) : Result<ChartSpec, LmmError list> = SubjectCharts.create None None fit

    /// The same with a grouping factor or a covariate where they are named.
    let internal subjectsBy (group: string option) (covariate: string option) (fit: Fit) =
        SubjectCharts.create group covariate fit

    /// <summary>The same for the levels of a chosen grouping factor along a chosen covariate.</summary>
    let subjectsAlong (group: string) (covariate: string) (fit: Fit) : Result<ChartSpec, LmmError list> =
        SubjectCharts.create (Some group) (Some covariate) fit

    /// <summary>Predicted means along the first covariate, by the first factor with at most seven levels, over the data.</summary>
    let predictions (inference: Inference) : Result<ChartSpec, LmmError list> =
        PredictionCharts.create None None inference

    /// <summary>Predicted means along a covariate, by the levels of a factor where one is named, over the data.</summary>
    let predictionsAlong
        (covariate: string)
        (factor: string option)
        (inference: Inference)
        : Result<ChartSpec, LmmError list> =
        PredictionCharts.createAlong covariate factor inference

    /// <summary>Marginal means with their intervals, and letters (Tukey) where 30 or fewer are compared: means that share one do not
    /// differ.</summary>
    let means (means: MarginalMeans) : Result<ChartSpec, LmmError list> = MeanCharts.means means

    /// <summary>Marginal means of two variables as lines: the first along x, a line for each level of the second; a panel for each
    /// combination of further ones.</summary>
    let interaction (means: MarginalMeans) : Result<ChartSpec, LmmError list> = InteractionChart.create means

    /// <summary>Fixed effects of one or several models with 95 % intervals, the intercept left out where there are others.</summary>
    /// <param name="models">Names with fits made ready for tests.</param>
    /// <exception cref="T:System.ArgumentException">There is no model.</exception>
    let coefficients (models: (string * Inference) list) : Result<ChartSpec, LmmError list> =
        if models.IsEmpty then
            invalidArg (nameof models) "A chart of coefficients needs at least one model."

        CoefficientCharts.create models

    // Units

    /// <summary>Cook's distances of rows or levels, those above 4/number labelled.</summary>
    /// <param name="units">What the table is of.</param>
    /// <param name="fit">The fit.</param>
    /// <param name="table">From <c>Lmm.influence</c>.</param>
    let influence (units: DiagnosticUnits) (fit: Fit) (table: InfluenceTable) : Result<ChartSpec, LmmError list> =
        UnitCharts.influence units fit table

    /// <summary>A scan for outliers: t of mean shifts with the 5 % line of the largest, or likelihood ratios of variance shifts with
    /// bootstrap thresholds.</summary>
    /// <param name="units">What was scanned.</param>
    /// <param name="fit">The fit.</param>
    /// <param name="scan">From <c>Lmm.outliers</c>.</param>
    let outliers (units: DiagnosticUnits) (fit: Fit) (scan: OutlierScan) : Result<ChartSpec, LmmError list> =
        match scan with
        | OutlierScan.MeanShifts table -> UnitCharts.meanShifts units fit table.Shifts
        | OutlierScan.VarianceShifts table -> UnitCharts.varianceShifts units fit table

    // Likelihood

    /// <summary>ζ of profiles, from <c>Profile.curve</c>: straight where the likelihood is quadratic.</summary>
    let profile (curves: ProfileCurve list) : Result<ChartSpec, LmmError list> = ProfileCharts.zeta curves

    /// <summary>The rise of −2 log likelihood along profiles, with the line of the 95 % interval.</summary>
    let likelihood (curves: ProfileCurve list) : Result<ChartSpec, LmmError list> = ProfileCharts.likelihood curves

    /// <summary>The criterion above its minimum and the Newton decrement at every iteration, on a logarithmic scale.</summary>
    let trace (fit: Fit) : Result<ChartSpec, LmmError list> = SimulationCharts.trace fit

    // Correlations

    /// <summary>Correlations within subjects by lag: of the data, and of the fitted model.</summary>
    let lags (fit: Fit) : Result<ChartSpec, LmmError list> =
        CorrelationCharts.lags (ResidualSource.create fit)

    /// <summary>The empirical variogram within subjects, and the fitted model's.</summary>
    let variogram (fit: Fit) : Result<ChartSpec, LmmError list> =
        CorrelationCharts.variogram (ResidualSource.create fit)

    /// <summary>A heat map of the correlations that the model gives to the responses of the subject with the most rows (24 of them at
    /// most).</summary>
    let correlation (fit: Fit) : Result<ChartSpec, LmmError list> = CorrelationCharts.subject fit

    /// <summary>A heat map of the correlations of the estimated fixed effects.</summary>
    let coefficientCorrelation (fit: Fit) : Result<ChartSpec, LmmError list> = CorrelationCharts.coefficients fit

    // Simulation

    /// <summary>Densities of bootstrap replicates with estimates and 95 % percentile intervals.</summary>
    let bootstrap (bootstrap: Bootstrap) : Result<ChartSpec, LmmError list> = SimulationCharts.bootstrap bootstrap

    /// <summary>Power at several sizes with exact 95 % intervals, from <c>Lmm.powerCurve</c>.</summary>
    let power (estimates: PowerEstimate list) : Result<ChartSpec, LmmError list> = SimulationCharts.power estimates

    // Places and pedigrees

    /// <summary>Maps of the residuals of a field trial whose residuals are correlated along rows and columns.</summary>
    let field (fit: Fit) : Result<ChartSpec, LmmError list> =
        PlaceCharts.field None (ResidualSource.create fit)

    /// <summary>Maps of residuals over two columns of the data.</summary>
    let fieldOver (first: string) (second: string) (fit: Fit) : Result<ChartSpec, LmmError list> =
        PlaceCharts.field (Some(first, second)) (ResidualSource.create fit)

    /// <summary>Inbreeding coefficients of the animals of a pedigree.</summary>
    let inbreeding (pedigree: Pedigree) : Result<ChartSpec, LmmError list> = PlaceCharts.inbreeding pedigree

    // Panels

    /// <summary>Charts on one page under a title.</summary>
    /// <exception cref="T:System.ArgumentException">There is no chart, or one of them is a panel.</exception>
    let together (title: string) (charts: ChartSpec list) : ChartSpec =
        if charts.IsEmpty then
            invalidArg (nameof charts) "A panel needs at least one chart."

        if charts |> List.exists _.View.IsPanel then
            invalidArg (nameof charts) "A panel holds charts, not panels."

        {
            Drawing.chart
                "panel"
                title
                []
                (charts |> List.map _.Title |> String.concat "; ")
                (charts |> List.collect _.Tables)
                (View.Panel charts) with
                Changes = []
        }

    /// <summary>The charts to look at first: residuals, their spread and quantiles, random effects, correlation by lag, influence and
    /// outliers.</summary>
    /// <returns>A panel; charts that the fit has nothing for are left out, with the reason in its subtitle.</returns>
    let panel (fit: Fit) : Result<ChartSpec, LmmError list> = DiagnosticPanel.create fit

    // Values

    /// <summary>The table that the chart is about.</summary>
    let data (chart: ChartSpec) : Frame = snd chart.Tables.Head

    /// <summary>All tables of the chart by their names.</summary>
    let tables (chart: ChartSpec) : (string * Frame) list = chart.Tables

    // Changes

    /// <summary>The chart under another title.</summary>
    let withTitle (title: string) (chart: ChartSpec) : ChartSpec = { chart with Title = title }

    /// <summary>The chart in another size, in pixels; of one small multiple where there are several.</summary>
    /// <exception cref="T:System.ArgumentException">A side is below one.</exception>
    let withSize (width: int) (height: int) (chart: ChartSpec) : ChartSpec =
        if width < 1 || height < 1 then
            invalidArg (nameof width) $"A chart of {width} by {height} pixels cannot be drawn."

        {
            chart with
                Width = width
                Height = height
        }

    /// <summary>The chart with members over those of its Vega-Lite specification: objects are joined member by member, all else is
    /// replaced.</summary>
    /// <param name="changes">Such as <c>{"config": {"axis": {"grid": false}}}</c>.</param>
    /// <param name="chart">The chart.</param>
    /// <exception cref="T:System.ArgumentException">The text is not JSON.</exception>
    let restyle (changes: string) (chart: ChartSpec) : ChartSpec = {
        chart with
            Changes = chart.Changes @ [ Json.parse changes ]
    }

    // Output

    /// <summary>The Vega-Lite specification with its data and style.</summary>
    let spec (chart: ChartSpec) : Json = ChartJson.spec chart

    /// <summary>The Vega-Lite specification as indented text: for the editor of Vega, or for <c>display</c> in a notebook with the MIME
    /// type <c>application/vnd.vegalite.v6+json</c>.</summary>
    let toJson (chart: ChartSpec) : string = Json.toIndented (ChartJson.spec chart)

    /// <summary>One page that holds everything it needs: it draws without a network, on light and dark ground, and prints.</summary>
    let toHtml (chart: ChartSpec) : string = ChartPage.ofChart chart

    /// <summary>Writes the chart to a file: .html, .json, or .svg, which Node.js draws.</summary>
    /// <returns>Nothing, or: the file cannot be written, its name ends otherwise, or there is no Node.js for SVG.</returns>
    let save (path: string) (chart: ChartSpec) : Result<unit, LmmError list> =
        ChartFile.save path (fun () -> toHtml chart) (fun () -> spec chart)

    /// <summary>Opens the chart in the browser, from a temporary file.</summary>
    /// <returns>The path of the page, or that no program opens it.</returns>
    let show (chart: ChartSpec) : Result<string, LmmError list> = ChartFile.show (toHtml chart)

<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>BlockDiagram</name>
    <message>
        <source>selective scan</source>
        <translation>selektiver Scan</translation>
    </message>
</context>
<context>
    <name>ComparedRuns</name>
    <message>
        <source>Without texts: %1. The folder of the last evaluation does not hold the data that these runs were made on.</source>
        <translation>Ohne Texte: %1. Der Ordner der letzten Auswertung enthält nicht die Daten, auf denen diese Läufe entstanden sind.</translation>
    </message>
</context>
<context>
    <name>CoreWords</name>
    <message>
        <source>Calibrating</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Scoring</source>
        <translation>Bewerten</translation>
    </message>
    <message>
        <source>Measuring sites</source>
        <translation>Stellen messen</translation>
    </message>
    <message>
        <source>Reading tasks</source>
        <translation>Aufgaben lesen</translation>
    </message>
    <message>
        <source>Quantizing</source>
        <translation>Quantisieren</translation>
    </message>
    <message>
        <source>Tokenizing</source>
        <translation>In Token zerlegen</translation>
    </message>
    <message>
        <source>Hashing the checkpoint</source>
        <translation>Prüfsumme des Checkpoints</translation>
    </message>
    <message>
        <source>Looking through the cache</source>
        <translation>Cache durchsehen</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Evaluating %1</source>
        <translation>Auswerten: %1</translation>
    </message>
    <message>
        <source>%1 inputs</source>
        <translation>Eingänge von %1</translation>
    </message>
    <message>
        <source>%1 outputs</source>
        <translation>Ausgänge von %1</translation>
    </message>
    <message>
        <source>%1 input</source>
        <translation>Eingang von %1</translation>
    </message>
    <message>
        <source>%1 output</source>
        <translation>Ausgang von %1</translation>
    </message>
    <message>
        <source>%1 weight columns</source>
        <translation>Gewichtsspalten von %1</translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>distribution</source>
        <translation>Verteilung</translation>
    </message>
    <message>
        <source>channels over tokens</source>
        <translation>Kanäle über alle Token</translation>
    </message>
    <message>
        <source>1 channel</source>
        <translation>1 Kanal</translation>
    </message>
    <message>
        <source>%1 channels</source>
        <translation>%1 Kanäle</translation>
    </message>
    <message>
        <source>1 outlier</source>
        <translation>1 Ausreißer</translation>
    </message>
    <message>
        <source>%1 outliers</source>
        <translation>%1 Ausreißer</translation>
    </message>
    <message>
        <source>1 run</source>
        <translation>1 Lauf</translation>
    </message>
    <message>
        <source>%1 runs</source>
        <translation>%1 Läufe</translation>
    </message>
    <message>
        <source>1 site</source>
        <translation>1 Stelle</translation>
    </message>
    <message>
        <source>%1 sites</source>
        <translation>%1 Stellen</translation>
    </message>
    <message>
        <source>no outlier possible</source>
        <translation>kein Ausreißer möglich</translation>
    </message>
    <message>
        <source>rule not possible</source>
        <translation>Regel nicht möglich</translation>
    </message>
    <message>
        <source>max %1 at channel %2</source>
        <translation>Max. %1 bei Kanal %2</translation>
    </message>
    <message>
        <source>σ of all elements %1</source>
        <translation>σ aller Elemente %1</translation>
    </message>
    <message>
        <source>max %1</source>
        <translation>Max. %1</translation>
    </message>
    <message>
        <source>after smoothing, α %1, and zeroing: max %2</source>
        <translation>nach Glättung, α %1, und Nullen: Max. %2</translation>
    </message>
    <message>
        <source>after smoothing, α %1: max %2</source>
        <translation>nach Glättung, α %1: Max. %2</translation>
    </message>
    <message>
        <source>after zeroing: max %1</source>
        <translation>nach Nullen: Max. %1</translation>
    </message>
    <message>
        <source>channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>channel %1</source>
        <translation>Kanal %1</translation>
    </message>
    <message>
        <source>absolute maximum |%1|</source>
        <translation>Betragsmaximum |%1|</translation>
    </message>
    <message>
        <source>absolute maximum / 6</source>
        <translation>Betragsmaximum / 6</translation>
    </message>
    <message>
        <source>scaled MADs above the median</source>
        <translation>skalierte MAD über dem Median</translation>
    </message>
    <message>
        <source>σ above the mean</source>
        <translation>σ über dem Mittelwert</translation>
    </message>
    <message>
        <source>weight column |W|</source>
        <translation>Gewichtsspalte |W|</translation>
    </message>
    <message>
        <source>mean + %1σ</source>
        <translation>Mittelwert + %1σ</translation>
    </message>
    <message>
        <source>|μ| + %1σ of all elements</source>
        <translation>|μ| + %1σ aller Elemente</translation>
    </message>
    <message>
        <source>median + %1 scaled MAD</source>
        <translation>Median + %1 skalierte MAD</translation>
    </message>
    <message>
        <source>magnitude |%1|</source>
        <translation>Betrag |%1|</translation>
    </message>
    <message>
        <source>share of elements</source>
        <translation>Anteil der Elemente</translation>
    </message>
    <message>
        <source>share</source>
        <translation>Anteil</translation>
    </message>
    <message>
        <source>channels, by absmax</source>
        <translation>Kanäle, nach absmax</translation>
    </message>
    <message>
        <source>value %1</source>
        <translation>Wert %1</translation>
    </message>
    <message>
        <source>smallest to largest</source>
        <translation>kleinster bis größter Wert</translation>
    </message>
    <message>
        <source>mean ± σ</source>
        <translation>Mittelwert ± σ</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>Mittelwert</translation>
    </message>
    <message>
        <source>accuracy, %</source>
        <translation>Genauigkeit, %</translation>
    </message>
    <message>
        <source>runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>weight bits</source>
        <translation>Bits der Gewichte</translation>
    </message>
    <message>
        <source>mean bits of the linears&apos; weights</source>
        <translation>mittlere Bits der Gewichte der linearen Schichten</translation>
    </message>
    <message>
        <source>size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>linears, embedding and head, MiB</source>
        <translation>lineare Schichten, Embedding und Head, MiB</translation>
    </message>
    <message>
        <source>migration strength</source>
        <translation>Migrationsstärke</translation>
    </message>
    <message>
        <source>mean α of the smoothed sites</source>
        <translation>mittleres α der geglätteten Stellen</translation>
    </message>
    <message>
        <source>Accuracy of the runs</source>
        <translation>Genauigkeit der Läufe</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>best to worst</source>
        <translation>bester bis schlechtester</translation>
    </message>
    <message>
        <source>chosen</source>
        <translation>gewählt</translation>
    </message>
    <message>
        <source>Not searched</source>
        <translation>Nicht gesucht</translation>
    </message>
    <message>
        <source>No run yet</source>
        <translation>Noch kein Lauf</translation>
    </message>
    <message>
        <source>No run smooths</source>
        <translation>Kein Lauf glättet</translation>
    </message>
    <message>
        <source>Not observed in this calibration</source>
        <translation>In dieser Kalibrierung nicht gemessen</translation>
    </message>
    <message>
        <source>Not observed in this calibration.</source>
        <translation>In dieser Kalibrierung nicht gemessen.</translation>
    </message>
    <message>
        <source>The weights are not known</source>
        <translation>Die Gewichte sind nicht bekannt</translation>
    </message>
    <message>
        <source>The weights are not known: this needs the checkpoint itself.</source>
        <translation>Die Gewichte sind nicht bekannt: Dazu braucht es den Checkpoint selbst.</translation>
    </message>
    <message>
        <source>Only the largest magnitudes are known here.</source>
        <translation>Hier sind nur die größten Beträge bekannt.</translation>
    </message>
    <message>
        <source>This model has no %1.</source>
        <translation>Dieses Modell hat kein %1.</translation>
    </message>
    <message>
        <source>Columns of a weight belong to input channels. Show the inputs.</source>
        <translation>Spalten eines Gewichts gehören zu Eingangskanälen. Zeigen Sie die Eingänge.</translation>
    </message>
    <message>
        <source>The outlier rule has no answer here.</source>
        <translation>Die Ausreißerregel hat hier keine Antwort.</translation>
    </message>
    <message>
        <source>The inputs of %1 are not known in both.</source>
        <translation>Die Eingänge von %1 sind nicht in beiden bekannt.</translation>
    </message>
    <message>
        <source>All channels of %1 are as large in both.</source>
        <translation>Alle Kanäle von %1 sind in beiden gleich groß.</translation>
    </message>
    <message>
        <source>Measuring the whole plan</source>
        <translation>Den ganzen Plan messen</translation>
    </message>
    <message>
        <source>One site at a time on</source>
        <translation>Je eine Stelle an</translation>
    </message>
    <message>
        <source>One site at a time off</source>
        <translation>Je eine Stelle aus</translation>
    </message>
    <message>
        <source>Measuring bits</source>
        <translation>Bits messen</translation>
    </message>
    <message>
        <source>Comparing allocations</source>
        <translation>Zuteilungen vergleichen</translation>
    </message>
    <message>
        <source>%1, over %2, %3 contiguous windows × %4 tokens (%5 tokens), stopped before the last window.</source>
        <translation>%1, gemessen auf %2, %3 zusammenhängende Fenster × %4 Token (%5 Token), vor dem letzten Fenster angehalten.</translation>
    </message>
    <message>
        <source>%1, over %2, %3 contiguous windows × %4 tokens (%5 tokens).</source>
        <translation>%1, gemessen auf %2, %3 zusammenhängende Fenster × %4 Token (%5 Token).</translation>
    </message>
    <message>
        <source>%1, over %2, %3 windows × %4 tokens (%5 tokens), stopped before the last window.</source>
        <translation>%1, gemessen auf %2, %3 Fenster × %4 Token (%5 Token), vor dem letzten Fenster angehalten.</translation>
    </message>
    <message>
        <source>%1, over %2, %3 windows × %4 tokens (%5 tokens).</source>
        <translation>%1, gemessen auf %2, %3 Fenster × %4 Token (%5 Token).</translation>
    </message>
    <message>
        <source>%1, over %2 contiguous windows × %3 tokens (%4 tokens), stopped before the last window.</source>
        <translation>%1, gemessen auf %2 zusammenhängenden Fenstern × %3 Token (%4 Token), vor dem letzten Fenster angehalten.</translation>
    </message>
    <message>
        <source>%1, over %2 contiguous windows × %3 tokens (%4 tokens).</source>
        <translation>%1, gemessen auf %2 zusammenhängenden Fenstern × %3 Token (%4 Token).</translation>
    </message>
    <message>
        <source>%1, over %2 windows × %3 tokens (%4 tokens), stopped before the last window.</source>
        <translation>%1, gemessen auf %2 Fenstern × %3 Token (%4 Token), vor dem letzten Fenster angehalten.</translation>
    </message>
    <message>
        <source>%1, over %2 windows × %3 tokens (%4 tokens).</source>
        <translation>%1, gemessen auf %2 Fenstern × %3 Token (%4 Token).</translation>
    </message>
    <message>
        <source>%1, imported from activation scales that another tool measured.</source>
        <translation>%1, importiert aus Aktivierungsskalen, die ein anderes Werkzeug gemessen hat.</translation>
    </message>
    <message>
        <source>The band reaches to the mean of the channel maxima plus %1 standard deviations (%2); channels above it are marked.</source>
        <translation>Das Band reicht bis zum Mittelwert der Kanalmaxima plus %1 Standardabweichungen (%2); Kanäle darüber sind markiert.</translation>
    </message>
    <message>
        <source>The band reaches to the magnitude of the mean of all elements plus %1 standard deviations of them (%2); channels above it are marked.</source>
        <translation>Das Band reicht bis zum Betrag des Mittelwerts aller Elemente plus %1 ihrer Standardabweichungen (%2); Kanäle darüber sind markiert.</translation>
    </message>
    <message>
        <source>The band reaches to a magnitude of 6, the criterion of LLM.int8() (%1); channels above it are marked.</source>
        <translation>Das Band reicht bis zum Betrag 6, dem Kriterium von LLM.int8() (%1); Kanäle darüber sind markiert.</translation>
    </message>
    <message>
        <source>The band reaches to the median of the channel maxima plus %1 scaled median absolute deviations (%2); channels above it are marked.</source>
        <translation>Das Band reicht bis zum Median der Kanalmaxima plus %1 skalierte mittlere absolute Abweichungen vom Median (%2); Kanäle darüber sind markiert.</translation>
    </message>
    <message>
        <source>With %1 channels no channel can lie %2 standard deviations above the mean: the channel-spread rule needs at least %3.</source>
        <translation>Bei %1 Kanälen kann kein Kanal %2 Standardabweichungen über dem Mittelwert liegen: Die Regel channel-spread braucht mindestens %3.</translation>
    </message>
    <message>
        <source>The median absolute deviation is 0, because at least half of the channels have the same absolute maximum: the mad rule flags nothing here.</source>
        <translation>Die mittlere absolute Abweichung vom Median ist 0, weil mindestens die Hälfte der Kanäle dasselbe absolute Maximum hat: Die Regel mad markiert hier nichts.</translation>
    </message>
    <message>
        <source>This tensor was not observed in the calibration.</source>
        <translation>Dieser Tensor wurde in der Kalibrierung nicht beobachtet.</translation>
    </message>
    <message>
        <source>The rule %1 is not possible here, because it needs %2, and this calibration holds only the largest magnitude of every channel (imported activation scales).</source>
        <translation>Die Regel %1 ist hier nicht möglich, weil sie Folgendes braucht: %2; diese Kalibrierung enthält nur den größten Betrag jedes Kanals (importierte Aktivierungsskalen).</translation>
    </message>
    <message>
        <source>Lines: the maxima after what the plan does before it quantizes.</source>
        <translation>Linien: die Maxima nach dem, was der Plan vor dem Quantisieren tut.</translation>
    </message>
    <message>
        <source>Below: the largest absolute weight of the column that meets each channel.</source>
        <translation>Darunter: das größte absolute Gewicht der Spalte, die auf jeden Kanal trifft.</translation>
    </message>
    <message>
        <source>Largest absolute weight that meets every channel at the %1 in every layer of %2.</source>
        <translation>Größtes absolutes Gewicht, das auf jeden Kanal trifft (%1, alle Schichten), von %2.</translation>
    </message>
    <message>
        <source>Largest absolute weight that meets every channel at the %1 in every layer.</source>
        <translation>Größtes absolutes Gewicht, das auf jeden Kanal trifft (%1, alle Schichten).</translation>
    </message>
    <message>
        <source>Layers with the most outlier channels are at the top.</source>
        <translation>Schichten mit den meisten Ausreißerkanälen stehen oben.</translation>
    </message>
    <message>
        <source>Layers with the largest value are at the top.</source>
        <translation>Schichten mit dem größten Wert stehen oben.</translation>
    </message>
    <message>
        <source>The %1 has no answer here.</source>
        <translation>Die %1 liefert hier kein Ergebnis.</translation>
    </message>
    <message>
        <source>1 outlier channel by %1.</source>
        <translation>1 Ausreißerkanal nach der %1.</translation>
    </message>
    <message>
        <source>%1 outlier channels by %2.</source>
        <translation>%1 Ausreißerkanäle nach der %2.</translation>
    </message>
    <message>
        <source>A point has the colour of the largest value that falls on it.</source>
        <translation>Ein Punkt hat die Farbe des größten Werts, der auf ihn fällt.</translation>
    </message>
    <message>
        <source>Bars: two bins to a power of two, the share of all elements in each.</source>
        <translation>Balken: zwei Klassen je Zweierpotenz, in jeder der Anteil aller Elemente.</translation>
    </message>
    <message>
        <source>Lines: percentiles, six standard deviations of all elements, and the threshold of the %1.</source>
        <translation>Linien: Perzentile, sechs Standardabweichungen aller Elemente und die Schwelle der %1.</translation>
    </message>
    <message>
        <source>Channels are sorted by their largest magnitude.</source>
        <translation>Die Kanäle sind nach ihrem größten Betrag sortiert.</translation>
    </message>
    <message>
        <source>Light: smallest to largest value; dark: mean ± σ; line: mean.</source>
        <translation>Hell: kleinster bis größter Wert; dunkel: Mittelwert ± σ; Linie: Mittelwert.</translation>
    </message>
    <message>
        <source>Outlier channels by %1 are marked.</source>
        <translation>Ausreißerkanäle nach der %1 sind markiert.</translation>
    </message>
    <message>
        <source>Mean accuracy of the tasks over what the plan does to the weights, and over the migration strength of SmoothQuant.</source>
        <translation>Mittlere Genauigkeit der Aufgaben über dem, was der Plan mit den Gewichten tut, und über der Migrationsstärke von SmoothQuant.</translation>
    </message>
    <message>
        <source>Bars: 95 % intervals.</source>
        <translation>Balken: 95-%-Intervalle.</translation>
    </message>
    <message>
        <source>Error of every site&apos;s output by layer: of the candidate that was chosen, of &quot;%1&quot;, and the range of all %2 candidates.</source>
        <translation>Fehler der Ausgabe jeder Stelle nach Schicht: des gewählten Kandidaten, von „%1“ und der Bereich aller %2 Kandidaten.</translation>
    </message>
    <message>
        <source>Error of every site&apos;s output by layer: of the candidate that was chosen, of &quot;%1&quot;, and the range of all 1 candidate.</source>
        <translation>Fehler der Ausgabe jeder Stelle nach Schicht: des gewählten Kandidaten, von „%1“ und der Bereich des einzigen Kandidaten.</translation>
    </message>
    <message>
        <source>Error of the outputs of layer %1 over the migration strength α, and the range of all layers.</source>
        <translation>Fehler der Ausgaben von Schicht %1 über der Migrationsstärke α und der Bereich aller Schichten.</translation>
    </message>
    <message>
        <source>Bits of every site&apos;s weight as the search allocated them.</source>
        <translation>Bits des Gewichts jeder Stelle, wie die Suche sie zugeteilt hat.</translation>
    </message>
    <message>
        <source>Mean loss in nats a token: what each site as the plan wants it adds to the unquantized model&apos;s, and what the plan saves with that site left in floats.</source>
        <translation>Mittlerer Verlust in nats je Token: was jede Stelle, wie der Plan sie will, zu dem des unquantisierten Modells hinzufügt, und was der Plan spart, wenn diese Stelle in Gleitkomma bleibt.</translation>
    </message>
    <message>
        <source>Divergence from the model with float weights, nats a token, over the average bits: of every allocation that searches from the same plan on the same text have compared.</source>
        <translation>Divergenz vom Modell mit Gleitkomma-Gewichten, nats je Token, über den mittleren Bits: von jeder Zuteilung, die Suchen vom selben Plan aus auf demselben Text verglichen haben.</translation>
    </message>
    <message>
        <source>Zero-shot accuracy of %1 with 95 % intervals (Wilson; of the average, ±1.96 standard errors), all items, seed %2.</source>
        <translation>Zero-Shot-Genauigkeit von %1 mit 95-%-Intervallen (Wilson; des Mittels ±1,96 Standardfehler), alle Elemente, Seed %2.</translation>
    </message>
    <message>
        <source>Zero-shot accuracy of %1 with 95 % intervals (Wilson; of the average, ±1.96 standard errors), %2 items a task, seed %3.</source>
        <translation>Zero-Shot-Genauigkeit von %1 mit 95-%-Intervallen (Wilson; des Mittels ±1,96 Standardfehler), %2 Elemente je Aufgabe, Seed %3.</translation>
    </message>
    <message>
        <source>Dotted: guessing.</source>
        <translation>Gepunktet: Raten.</translation>
    </message>
    <message>
        <source>Relative to the calibration %1.</source>
        <translation>Bezogen auf die Kalibrierung %1.</translation>
    </message>
    <message>
        <source>Model %1.</source>
        <translation>Modell %1.</translation>
    </message>
    <message>
        <source>Tasks: %1, all items.</source>
        <translation>Aufgaben: %1, alle Elemente.</translation>
    </message>
    <message>
        <source>Tasks: %1, %2 items each, seed %3.</source>
        <translation>Aufgaben: %1, je %2 Elemente, Seed %3.</translation>
    </message>
    <message>
        <source>After what plan &quot;%1&quot; does before it quantizes, to the same of plan &quot;%2&quot;.</source>
        <translation>Nach dem, was Plan „%1“ vor dem Quantisieren tut, im Verhältnis zu Plan „%2“.</translation>
    </message>
    <message>
        <source>A point shows the ratio furthest from 1 that falls on it.</source>
        <translation>Ein Punkt zeigt das Verhältnis, das am weitesten von 1 entfernt ist, von denen, die auf ihn fallen.</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the inputs of the linear layers of layer %1 of %2</source>
        <translation>Größte absolute Aktivierung jedes Kanals an den Eingängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the outputs of the linear layers of layer %1 of %2</source>
        <translation>Größte absolute Aktivierung jedes Kanals an den Ausgängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Magnitudes of all elements at the inputs of the linear layers of layer %1 of %2</source>
        <translation>Beträge aller Elemente an den Eingängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Magnitudes of all elements at the outputs of the linear layers of layer %1 of %2</source>
        <translation>Beträge aller Elemente an den Ausgängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Values of every channel over all tokens at the inputs of the linear layers of layer %1 of %2</source>
        <translation>Werte jedes Kanals über alle Token an den Eingängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Values of every channel over all tokens at the outputs of the linear layers of layer %1 of %2</source>
        <translation>Werte jedes Kanals über alle Token an den Ausgängen der linearen Schichten von Schicht %1 von %2</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the inputs of the linear layers of layer %1</source>
        <translation>Größte absolute Aktivierung jedes Kanals an den Eingängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the outputs of the linear layers of layer %1</source>
        <translation>Größte absolute Aktivierung jedes Kanals an den Ausgängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Magnitudes of all elements at the inputs of the linear layers of layer %1</source>
        <translation>Beträge aller Elemente an den Eingängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Magnitudes of all elements at the outputs of the linear layers of layer %1</source>
        <translation>Beträge aller Elemente an den Ausgängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Values of every channel over all tokens at the inputs of the linear layers of layer %1</source>
        <translation>Werte jedes Kanals über alle Token an den Eingängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Values of every channel over all tokens at the outputs of the linear layers of layer %1</source>
        <translation>Werte jedes Kanals über alle Token an den Ausgängen der linearen Schichten von Schicht %1</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the %1 in every layer, in %2 of its layer, of %3</source>
        <translation>Größte absolute Aktivierung jedes Kanals (%1, alle Schichten), %2 der jeweiligen Schicht, von %3</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the %1 in every layer, in %2 of its layer,</source>
        <translation>Größte absolute Aktivierung jedes Kanals (%1, alle Schichten), %2 der jeweiligen Schicht</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the %1 in every layer of %2</source>
        <translation>Größte absolute Aktivierung jedes Kanals (%1, alle Schichten) von %2</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel at the %1 in every layer</source>
        <translation>Größte absolute Aktivierung jedes Kanals (%1, alle Schichten)</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel of %1</source>
        <translation>Größte absolute Aktivierung jedes Kanals von %1</translation>
    </message>
    <message>
        <source>Largest absolute activation of every channel</source>
        <translation>Größte absolute Aktivierung jedes Kanals</translation>
    </message>
    <message>
        <source>rule %1, k = %2</source>
        <translation>Regel %1, k = %2</translation>
    </message>
    <message>
        <source>rule %1</source>
        <translation>Regel %1</translation>
    </message>
    <message>
        <source>the mean and the deviation of all values</source>
        <translation>Mittelwert und Abweichung aller Werte</translation>
    </message>
    <message>
        <source>how many values reach a magnitude of 6</source>
        <translation>wie viele Werte den Betrag 6 erreichen</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>migration strength α</source>
        <translation>Migrationsstärke α</translation>
    </message>
    <message>
        <source>bits of the weights</source>
        <translation>Bits der Gewichte</translation>
    </message>
    <message>
        <source>weights to a scale</source>
        <translation>Gewichte je Skala</translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation>Gewichtsbits</translation>
    </message>
    <message>
        <source>bits</source>
        <translation>Bits</translation>
    </message>
    <message>
        <source>added loss, nats a token</source>
        <translation>hinzukommender Verlust, nats je Token</translation>
    </message>
    <message>
        <source>saved loss, nats a token</source>
        <translation>gesparter Verlust, nats je Token</translation>
    </message>
    <message>
        <source>Allocations</source>
        <translation>Zuteilungen</translation>
    </message>
    <message>
        <source>1 allocation</source>
        <translation>1 Zuteilung</translation>
    </message>
    <message>
        <source>%1 allocations</source>
        <translation>%1 Zuteilungen</translation>
    </message>
    <message>
        <source>average bits of the linears&apos; weights</source>
        <translation>mittlere Bits der Gewichte der linearen Schichten</translation>
    </message>
    <message>
        <source>divergence, nats a token</source>
        <translation>Divergenz, nats je Token</translation>
    </message>
    <message>
        <source>no smoothing, error %1; without %2</source>
        <translation>keine Glättung, Fehler %1; ohne %2</translation>
    </message>
    <message>
        <source>α %1, error %2; without %3</source>
        <translation>α %1, Fehler %2; ohne %3</translation>
    </message>
    <message>
        <source>en</source>
        <translation>de</translation>
    </message>
    <message>
        <source>The session has no checkpoint yet.</source>
        <translation>Die Sitzung hat noch keinen Checkpoint.</translation>
    </message>
    <message>
        <source>There is no calibration.</source>
        <translation>Es gibt keine Kalibrierung.</translation>
    </message>
    <message>
        <source>There are no results yet.</source>
        <translation>Es gibt noch keine Ergebnisse.</translation>
    </message>
    <message>
        <source>%1 layers, width %2, inner width %3, %4 states, vocabulary %5</source>
        <translation>%1 Schichten, Breite %2, innere Breite %3, %4 Zustände, Vokabular %5</translation>
    </message>
    <message>
        <source>name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>%1 million</source>
        <translation>%1 Millionen</translation>
    </message>
    <message>
        <source>stored as</source>
        <translation>gespeichert als</translation>
    </message>
    <message>
        <source>hash</source>
        <translation>Hash</translation>
    </message>
    <message>
        <source>site</source>
        <translation>Stelle</translation>
    </message>
    <message>
        <source>outlier channels</source>
        <translation>Ausreißerkanäle</translation>
    </message>
    <message>
        <source>layers with any</source>
        <translation>Schichten mit solchen</translation>
    </message>
    <message>
        <source>largest</source>
        <translation>größter</translation>
    </message>
    <message>
        <source>%1 in channel %2 of layer %3</source>
        <translation>%1 in Kanal %2 von Schicht %3</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>von %1</translation>
    </message>
    <message>
        <source>text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>token ids</source>
        <translation>Token-IDs</translation>
    </message>
    <message>
        <source>windows</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>%1 of %2 tokens, back to back</source>
        <translation>%1 von %2 Token, aneinandergereiht</translation>
    </message>
    <message>
        <source>%1 of %2 tokens, at random positions, seed %3</source>
        <translation>%1 von %2 Token, an zufälligen Stellen, Seed %3</translation>
    </message>
    <message>
        <source>The plan file</source>
        <translation>Die Plandatei</translation>
    </message>
    <message>
        <source>Session %1, by mambascope %2.</source>
        <translation>Sitzung %1, von mambascope %2.</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Searches</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Sweeps</source>
        <translation>Sweeps</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>Make it again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>items</source>
        <translation>Elemente</translation>
    </message>
    <message>
        <source>run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>average</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>run %1: unnamed plan (stopped)</source>
        <translation>Lauf %1: Plan ohne Namen (angehalten)</translation>
    </message>
    <message>
        <source>run %1: unnamed plan</source>
        <translation>Lauf %1: Plan ohne Namen</translation>
    </message>
    <message>
        <source>run %1: %2 (stopped)</source>
        <translation>Lauf %1: %2 (angehalten)</translation>
    </message>
    <message>
        <source>run %1: %2</source>
        <translation>Lauf %1: %2</translation>
    </message>
    <message>
        <source>(%1 not finite)</source>
        <translation>(%1 nicht endlich)</translation>
    </message>
    <message>
        <source>common items</source>
        <translation>gemeinsame Elemente</translation>
    </message>
    <message>
        <source>difference, points</source>
        <translation>Differenz, Punkte</translation>
    </message>
    <message>
        <source>gained</source>
        <translation>gewonnen</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>verloren</translation>
    </message>
    <message>
        <source>McNemar p</source>
        <translation>McNemar p</translation>
    </message>
    <message>
        <source>Also different:</source>
        <translation>Außerdem verschieden:</translation>
    </message>
    <message>
        <source>The runs were not all measured on the same items: compare them by the differences below, which are over the items that two runs have in common.</source>
        <translation>Die Läufe wurden nicht alle auf denselben Elementen gemessen: Vergleichen Sie sie anhand der Differenzen unten, die über die gemeinsamen Elemente zweier Läufe gehen.</translation>
    </message>
    <message>
        <source>Shares in per cent, behind them their 95 % interval (Wilson). The average is the unweighted mean of the tasks that a run has.</source>
        <translation>Anteile in Prozent, dahinter ihr 95-%-Intervall (Wilson). Das Mittel ist das ungewichtete Mittel der Aufgaben, die ein Lauf hat.</translation>
    </message>
    <message>
        <source>The session has no complete run without quantization to compare with.</source>
        <translation>Die Sitzung hat keinen vollständigen Lauf ohne Quantisierung zum Vergleich.</translation>
    </message>
    <message>
        <source>as printed</source>
        <translation>wie gedruckt</translation>
    </message>
    <message>
        <source>checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>%1 a task, drawn at random, seed %2</source>
        <translation>%1 je Aufgabe, zufällig gezogen, Seed %2</translation>
    </message>
    <message>
        <source>its calibration</source>
        <translation>seine Kalibrierung</translation>
    </message>
    <message>
        <source>%1, computed in %2 on %3 by %4</source>
        <translation>%1, gerechnet in %2 auf %3 von %4</translation>
    </message>
    <message>
        <source>%1, computed in %2 on %3</source>
        <translation>%1, gerechnet in %2 auf %3</translation>
    </message>
    <message>
        <source>%1, computed in %2</source>
        <translation>%1, gerechnet in %2</translation>
    </message>
    <message>
        <source>This record holds no results of a sweep.</source>
        <translation>Dieser Eintrag enthält keine Ergebnisse eines Sweeps.</translation>
    </message>
    <message>
        <source>Shares in per cent; below them their 95 % interval (Wilson), and the paired difference in points to the first plan of the same checkpoint. * McNemar&apos;s p below 0.05; for the average, a 95 % bootstrap interval without 0.</source>
        <translation>Anteile in Prozent; darunter ihr 95-%-Intervall (Wilson) und die gepaarte Differenz zum ersten Plan desselben Checkpoints in Punkten. * McNemars p unter 0,05; beim Mittel ein 95-%-Bootstrap-Intervall ohne 0.</translation>
    </message>
    <message>
        <source>Sweep %1: %2</source>
        <translation>Sweep %1: %2</translation>
    </message>
    <message>
        <source>Sweep %1</source>
        <translation>Sweep %1</translation>
    </message>
    <message>
        <source>begun with</source>
        <translation>begonnen mit</translation>
    </message>
    <message>
        <source>measured on</source>
        <translation>gemessen auf</translation>
    </message>
    <message>
        <source>to choose from</source>
        <translation>zur Wahl</translation>
    </message>
    <message>
        <source>bits a weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>%1 at most, %2 used</source>
        <translation>höchstens %1, gebraucht %2</translation>
    </message>
    <message>
        <source>calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>%1 windows of %2 tokens of %3, back to back</source>
        <translation>%1 Fenster von %2 Token aus %3, aneinandergereiht</translation>
    </message>
    <message>
        <source>%1 windows of %2 tokens of %3, at random positions, seed %4</source>
        <translation>%1 Fenster von %2 Token aus %3, an zufälligen Stellen, Seed %4</translation>
    </message>
    <message>
        <source>%1 windows of %2 tokens, back to back</source>
        <translation>%1 Fenster von %2 Token, aneinandergereiht</translation>
    </message>
    <message>
        <source>%1 windows of %2 tokens, at random positions, seed %3</source>
        <translation>%1 Fenster von %2 Token, an zufälligen Stellen, Seed %3</translation>
    </message>
    <message>
        <source>%1, taken</source>
        <translation>%1, genommen</translation>
    </message>
    <message>
        <source>allocation</source>
        <translation>Zuteilung</translation>
    </message>
    <message>
        <source>loss, nats a token</source>
        <translation>Verlust, nats je Token</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>lineare Schicht</translation>
    </message>
    <message>
        <source>bits, and at how many layers</source>
        <translation>Bits, und in wie vielen Schichten</translation>
    </message>
    <message>
        <source>α, and at how many layers</source>
        <translation>α, und in wie vielen Schichten</translation>
    </message>
    <message>
        <source>mean error</source>
        <translation>mittlerer Fehler</translation>
    </message>
    <message>
        <source>mean error without smoothing</source>
        <translation>mittlerer Fehler ohne Glättung</translation>
    </message>
    <message>
        <source>mean error with %1 bits</source>
        <translation>mittlerer Fehler mit %1 Bits</translation>
    </message>
    <message>
        <source>mean error with %1</source>
        <translation>mittlerer Fehler mit %1</translation>
    </message>
    <message>
        <source>Loss without quantization %1, with the plan %2 nats a token. The most sensitive sites, and what they change of the two:</source>
        <translation>Verlust ohne Quantisierung %1, mit dem Plan %2 nats je Token. Die empfindlichsten Stellen, und was sie an beiden ändern:</translation>
    </message>
    <message>
        <source>quantized alone</source>
        <translation>allein quantisiert</translation>
    </message>
    <message>
        <source>left out of the plan</source>
        <translation>im Plan ausgelassen</translation>
    </message>
    <message>
        <source>Change of the loss, nats a token: quantized alone, and left out.</source>
        <translation>Änderung des Verlusts, nats je Token: allein quantisiert, und ausgelassen.</translation>
    </message>
    <message>
        <source>What was chosen, and its error.</source>
        <translation>Was gewählt wurde, und sein Fehler.</translation>
    </message>
    <message>
        <source>This record is not the trace of a search.</source>
        <translation>Dieser Eintrag ist nicht die Spur einer Suche.</translation>
    </message>
    <message>
        <source>Errors are those of a linear&apos;s output against the unquantized one: the sum of squared differences over the sum of squares.</source>
        <translation>Fehler sind die der Ausgabe einer linearen Schicht gegen die unquantisierte: die Summe der quadrierten Differenzen durch die Summe der Quadrate.</translation>
    </message>
    <message>
        <source>Every site of search %1</source>
        <translation>Jede Stelle von Suche %1</translation>
    </message>
    <message>
        <source>Search %1: α of every site</source>
        <translation>Suche %1: α jeder Stelle</translation>
    </message>
    <message>
        <source>Search %1: bits of every site</source>
        <translation>Suche %1: Bits jeder Stelle</translation>
    </message>
    <message>
        <source>Search %1: how sensitive every site is</source>
        <translation>Suche %1: wie empfindlich jede Stelle ist</translation>
    </message>
    <message>
        <source>Search %1</source>
        <translation>Suche %1</translation>
    </message>
    <message>
        <source>baseline</source>
        <translation>baseline</translation>
    </message>
    <message>
        <source>calibration: %1 → %2</source>
        <translation>Kalibrierung: %1 → %2</translation>
    </message>
    <message>
        <source>items a task: %1 → %2</source>
        <translation>Elemente je Aufgabe: %1 → %2</translation>
    </message>
    <message>
        <source>seed: %1 → %2</source>
        <translation>Seed: %1 → %2</translation>
    </message>
    <message>
        <source>engine: %1 → %2</source>
        <translation>Engine: %1 → %2</translation>
    </message>
    <message>
        <source>tokenizer: %1 → %2</source>
        <translation>Tokenizer: %1 → %2</translation>
    </message>
    <message>
        <source>computed in: %1 → %2</source>
        <translation>gerechnet in: %1 → %2</translation>
    </message>
    <message>
        <source>device: %1 → %2</source>
        <translation>Gerät: %1 → %2</translation>
    </message>
    <message>
        <source>stopped before its end: %1 → %2</source>
        <translation>vor dem Ende angehalten: %1 → %2</translation>
    </message>
    <message>
        <source>%1: the data files differ, so rows of the same number need not be the same item</source>
        <translation>%1: Die Datendateien unterscheiden sich, sodass Zeilen mit derselben Nummer nicht dasselbe Element sein müssen</translation>
    </message>
    <message>
        <source>%1: weight bits %2 → %3</source>
        <translation>%1: Gewichtsbits %2 → %3</translation>
    </message>
    <message>
        <source>%1: weight granularity %2 → %3</source>
        <translation>%1: Granularität der Gewichte %2 → %3</translation>
    </message>
    <message>
        <source>%1: activation bits %2 → %3</source>
        <translation>%1: Aktivierungsbits %2 → %3</translation>
    </message>
    <message>
        <source>%1: activation side %2 → %3</source>
        <translation>%1: Seite der Aktivierungen %2 → %3</translation>
    </message>
    <message>
        <source>%1: activation scale %2 → %3</source>
        <translation>%1: Skala der Aktivierungen %2 → %3</translation>
    </message>
    <message>
        <source>%1: activation clipping %2 → %3</source>
        <translation>%1: Abschneiden der Aktivierungen %2 → %3</translation>
    </message>
    <message>
        <source>%1: scan bits %2 → %3</source>
        <translation>%1: Scan-Bits %2 → %3</translation>
    </message>
    <message>
        <source>%1: scan scale %2 → %3</source>
        <translation>%1: Scan-Skala %2 → %3</translation>
    </message>
    <message>
        <source>%1: state bits %2 → %3</source>
        <translation>%1: Zustandsbits %2 → %3</translation>
    </message>
    <message>
        <source>%1: zero outliers %2 → %3</source>
        <translation>%1: Ausreißer nullen %2 → %3</translation>
    </message>
    <message>
        <source>%1: rotation %2 → %3</source>
        <translation>%1: Rotation %2 → %3</translation>
    </message>
    <message>
        <source>%1: outliers in floats %2 → %3</source>
        <translation>%1: Ausreißer in Gleitkomma %2 → %3</translation>
    </message>
    <message>
        <source>outlier rule: k %1 → %2</source>
        <translation>Ausreißerregel: k %1 → %2</translation>
    </message>
    <message>
        <source>outlier rule: %1 → %2</source>
        <translation>Ausreißerregel: %1 → %2</translation>
    </message>
    <message>
        <source>scan input, as x_proj&apos;s: %1 → %2</source>
        <translation>Eingang des Scans, wie der von x_proj: %1 → %2</translation>
    </message>
    <message>
        <source>%1: α %2 → %3</source>
        <translation>%1: α %2 → %3</translation>
    </message>
    <message>
        <source>all sites</source>
        <translation>alle Stellen</translation>
    </message>
    <message>
        <source>all layers, all sites</source>
        <translation>alle Schichten, alle Stellen</translation>
    </message>
    <message>
        <source>all layers, %1</source>
        <translation>alle Schichten, %1</translation>
    </message>
    <message>
        <source>layers %1, all sites</source>
        <translation>Schichten %1, alle Stellen</translation>
    </message>
    <message>
        <source>layer %1, all sites</source>
        <translation>Schicht %1, alle Stellen</translation>
    </message>
    <message>
        <source>layers %1</source>
        <translation>Schichten %1</translation>
    </message>
    <message>
        <source>layer %1, %2</source>
        <translation>Schicht %1, %2</translation>
    </message>
    <message>
        <source>on</source>
        <translation>an</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>none</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>ratio of the largest magnitudes</source>
        <translation>Verhältnis der größten Beträge</translation>
    </message>
    <message>
        <source>%1, perplexity</source>
        <translation>%1, Perplexität</translation>
    </message>
    <message>
        <source>%1 at %2</source>
        <translation>%1 in %2</translation>
    </message>
    <message>
        <source>1 site with own settings</source>
        <translation>1 Stelle mit eigenen Einstellungen</translation>
    </message>
    <message>
        <source>%1 sites with own settings</source>
        <translation>%1 Stellen mit eigenen Einstellungen</translation>
    </message>
    <message>
        <source>weights of all groups</source>
        <translation>Gewichte aller Gruppen</translation>
    </message>
    <message>
        <source>weights of %1</source>
        <translation>Gewichte von %1</translation>
    </message>
    <message>
        <source>scan input too</source>
        <translation>auch der Eingang des Scans</translation>
    </message>
    <message>
        <source>Items: %1, drawn at random (seed %2).</source>
        <translation>Elemente: %1, zufällig gezogen (Seed %2).</translation>
    </message>
    <message>
        <source>Items: %1.</source>
        <translation>Elemente: %1.</translation>
    </message>
    <message>
        <source>Calibration of %1: %2.</source>
        <translation>Kalibrierung von %1: %2.</translation>
    </message>
    <message>
        <source>1 broken line was left out. The first: %1</source>
        <translation>1 fehlerhafte Zeile wurde ausgelassen. Die erste: %1</translation>
    </message>
    <message>
        <source>%1 broken lines were left out. The first: %2</source>
        <translation>%1 fehlerhafte Zeilen wurden ausgelassen. Die erste: %2</translation>
    </message>
    <message>
        <source>Six-line text form of HellaSwag: the leading spaces of its choices are lost, so scores deviate slightly from those of the original data.</source>
        <translation>Sechszeilige Textform von HellaSwag: Die führenden Leerzeichen der Antworten fehlen, daher weichen die Werte etwas von denen der Originaldaten ab.</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
</context>
<context>
    <name>HeatMap</name>
    <message>
        <source>channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>layer, sorted</source>
        <translation>Schicht, sortiert</translation>
    </message>
    <message>
        <source>layers in which the channel is an outlier, at most %1</source>
        <translation>Schichten, in denen der Kanal ein Ausreißer ist, höchstens %1</translation>
    </message>
    <message>
        <source>no channel is an outlier in any layer</source>
        <translation>kein Kanal ist in irgendeiner Schicht ein Ausreißer</translation>
    </message>
    <message>
        <source>the outlier rule has no answer here</source>
        <translation>die Ausreißerregel liefert hier kein Ergebnis</translation>
    </message>
    <message>
        <source>outliers</source>
        <translation>Ausreißer</translation>
    </message>
</context>
<context>
    <name>PathRow</name>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen…</translation>
    </message>
</context>
<context>
    <name>PlanValues</name>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>group of %1</source>
        <translation>Gruppe %1</translation>
    </message>
    <message>
        <source>static</source>
        <translation>statisch</translation>
    </message>
    <message>
        <source>dynamic</source>
        <translation>dynamisch</translation>
    </message>
    <message>
        <source>per token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>rotated</source>
        <translation>rotiert</translation>
    </message>
    <message>
        <source>in floats</source>
        <translation>Gleitkomma</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>least error</source>
        <translation>min. Fehler</translation>
    </message>
    <message>
        <source>as is</source>
        <translation>belassen</translation>
    </message>
    <message>
        <source>output</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>both</source>
        <translation>beide</translation>
    </message>
    <message>
        <source>input</source>
        <translation>Eingang</translation>
    </message>
</context>
<context>
    <name>RuleControls</name>
    <message>
        <source>channel spread</source>
        <translation>Kanalstreuung</translation>
    </message>
    <message>
        <source>absmax above mean + k standard deviations of the channels&apos; absmax</source>
        <translation>absmax über Mittelwert + k Standardabweichungen der absmax aller Kanäle</translation>
    </message>
    <message>
        <source>all elements</source>
        <translation>alle Elemente</translation>
    </message>
    <message>
        <source>absmax above k standard deviations of all values</source>
        <translation>absmax über k Standardabweichungen aller Werte</translation>
    </message>
    <message>
        <source>LLM.int8()</source>
        <translation>LLM.int8()</translation>
    </message>
    <message>
        <source>some magnitude of 6 or more</source>
        <translation>mindestens ein Betrag von 6 oder mehr</translation>
    </message>
    <message>
        <source>MAD</source>
        <translation>MAD</translation>
    </message>
    <message>
        <source>absmax above median + k scaled median absolute deviations</source>
        <translation>absmax über Median + k skalierte mittlere absolute Abweichungen vom Median</translation>
    </message>
    <message>
        <source>Outlier rule</source>
        <translation>Ausreißerregel</translation>
    </message>
    <message>
        <source>Factor k of the outlier rule</source>
        <translation>Faktor k der Ausreißerregel</translation>
    </message>
    <message>
        <source>k </source>
        <translation>k </translation>
    </message>
</context>
<context>
    <name>SearchText</name>
    <message numerus="yes">
        <source>Bits found for %n sites, %1 a weight on average.</source>
        <translation>
            <numerusform>Bits für %n Stelle gefunden, im Mittel %1 je Gewicht.</numerusform>
            <numerusform>Bits für %n Stellen gefunden, im Mittel %1 je Gewicht.</numerusform>
        </translation>
    </message>
    <message>
        <source>Divergence: %1 nats a token.</source>
        <translation>Divergenz: %1 nats je Token.</translation>
    </message>
    <message>
        <source>Divergence: %1 nats a token; with uniform bits: %2.</source>
        <translation>Divergenz: %1 nats je Token; mit überall gleichen Bits: %2.</translation>
    </message>
    <message>
        <source>%1 adds most by itself, %2.</source>
        <translation>Am meisten kostet für sich %1, %2.</translation>
    </message>
    <message>
        <source>Leaving %1 in floats saves most, %2.</source>
        <translation>Am meisten spart es, %1 in Gleitkomma zu lassen, %2.</translation>
    </message>
    <message>
        <source>Searching α</source>
        <translation>α suchen</translation>
    </message>
    <message>
        <source>Searching bits</source>
        <translation>Bits suchen</translation>
    </message>
    <message>
        <source>Measuring sensitivity</source>
        <translation>Empfindlichkeit messen</translation>
    </message>
    <message>
        <source>α of every site</source>
        <translation>α jeder Stelle</translation>
    </message>
    <message>
        <source>%1 bits on average</source>
        <translation>%1 Bits im Mittel</translation>
    </message>
    <message>
        <source>bits</source>
        <translation>Bits</translation>
    </message>
    <message>
        <source>sensitivity</source>
        <translation>Empfindlichkeit</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message numerus="yes">
        <source>α found for %n sites.</source>
        <translation>
            <numerusform>α für %n Stelle gefunden.</numerusform>
            <numerusform>α für %n Stellen gefunden.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>α found for %n sites: mean error of the linears&apos; outputs %1 % → %2 %.</source>
        <translation>
            <numerusform>α für %n Stelle gefunden: mittlerer Fehler der Ausgaben %1 % → %2 %.</numerusform>
            <numerusform>α für %n Stellen gefunden: mittlerer Fehler der Ausgaben %1 % → %2 %.</numerusform>
        </translation>
    </message>
    <message>
        <source>The plan adds %1 nats a token to the loss.</source>
        <translation>Der Plan kostet %1 nats je Token.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::AboutDialog</name>
    <message>
        <source>optimised</source>
        <translation>optimiert</translation>
    </message>
    <message>
        <source>with assertions</source>
        <translation>mit Zusicherungen</translation>
    </message>
    <message>
        <source>Built by %1 for %2, %3</source>
        <translation>Übersetzt mit %1 für %2, %3</translation>
    </message>
    <message>
        <source>Mambascope %1</source>
        <translation>Mambascope %1</translation>
    </message>
    <message>
        <source>Qt %1</source>
        <translation>Qt %1</translation>
    </message>
    <message>
        <source>QCustomPlot %1</source>
        <translation>QCustomPlot %1</translation>
    </message>
    <message>
        <source>SQLite %1</source>
        <translation>SQLite %1</translation>
    </message>
    <message>
        <source>Engine: %1 %2, %3</source>
        <translation>Engine: %1 %2, %3</translation>
    </message>
    <message>
        <source>Engine: not started</source>
        <translation>Engine: nicht gestartet</translation>
    </message>
    <message>
        <source>System: %1, %2</source>
        <translation>System: %1, %2</translation>
    </message>
    <message>
        <source>About Mambascope</source>
        <translation>Über Mambascope</translation>
    </message>
    <message>
        <source>A workbench for people who quantize Mamba language models.

Free software under the GNU General Public License, version 3 or later. QCustomPlot, which draws the plots, is under the same licence; Qt is used under the GNU Lesser General Public License.</source>
        <translation>Eine Werkbank für alle, die Mamba-Sprachmodelle quantisieren.

Freie Software unter der GNU General Public License, Version 3 oder später. QCustomPlot, das die Diagramme zeichnet, steht unter derselben Lizenz; Qt wird unter der GNU Lesser General Public License verwendet.</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>Versionen</translation>
    </message>
    <message>
        <source>&amp;Copy Versions</source>
        <translation>Versionen &amp;kopieren</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ActivationComparison</name>
    <message>
        <source>&amp;Figure…</source>
        <translation>&amp;Abbildung…</translation>
    </message>
    <message>
        <source>Linear layer</source>
        <translation>Lineare Schicht</translation>
    </message>
    <message>
        <source>Ratio at the cursor</source>
        <translation>Verhältnis am Cursor</translation>
    </message>
    <message>
        <source>&amp;Calibration File…</source>
        <translation>&amp;Kalibrierungsdatei…</translation>
    </message>
    <message>
        <source>Compare the calibration of this session with one in a file</source>
        <translation>Die Kalibrierung dieser Sitzung mit einer aus einer Datei vergleichen</translation>
    </message>
    <message>
        <source>Calibrate to compare activations.</source>
        <translation>Zum Vergleich der Aktivierungen kalibrieren.</translation>
    </message>
    <message>
        <source>Inputs after what the plans do before they quantize, second to first</source>
        <translation>Eingänge nach dem, was die Pläne vor dem Quantisieren tun, zweiter zu erstem</translation>
    </message>
    <message>
        <source>This session&apos;s calibration to %1</source>
        <translation>Kalibrierung dieser Sitzung zu %1</translation>
    </message>
    <message>
        <source>outlier channels added: %1, removed: %2</source>
        <translation>Ausreißerkanäle hinzugekommen: %1, weggefallen: %2</translation>
    </message>
    <message>
        <source>Calibration to Compare With</source>
        <translation>Kalibrierung zum Vergleich</translation>
    </message>
    <message>
        <source>Calibrations and activation scales (*.safetensors *.pt *.pth *.bin);;All files (*)</source>
        <translation>Kalibrierungen und Aktivierungsskalen (*.safetensors *.pt *.pth *.bin);;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::BlockDiagram</name>
    <message>
        <source>Block diagram of the layer</source>
        <translation>Blockdiagramm der Schicht</translation>
    </message>
    <message>
        <source>Go to the panel of %1</source>
        <translation>Zum Feld von %1</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::CalibrateDialog</name>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>The text runs through the unquantized model; of every site the largest absolute value and the moments of each channel are kept.</source>
        <translation>Der Text durchläuft das unquantisierte Modell; festgehalten werden an jeder Stelle der größte Absolutwert und die Momente jedes Kanals.</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Token</translation>
    </message>
    <message>
        <source>Where the windows start; the same seed gives the same windows on every machine</source>
        <translation>Wo die Fenster beginnen; derselbe Seed ergibt auf jedem Rechner dieselben Fenster</translation>
    </message>
    <message>
        <source>Back to back from the &amp;start of the text</source>
        <translation>Lückenlos ab dem &amp;Anfang des Textes</translation>
    </message>
    <message>
        <source>Also the &amp;rotated inputs</source>
        <translation>Auch die &amp;rotierten Eingaben</translation>
    </message>
    <message>
        <source>Static scales of plans that rotate the inputs are taken from them</source>
        <translation>Aus ihnen stammen die statischen Skalen von Plänen, die die Eingaben rotieren</translation>
    </message>
    <message>
        <source>A plain text file, UTF-8</source>
        <translation>Eine reine Textdatei, UTF-8</translation>
    </message>
    <message>
        <source>&amp;Text</source>
        <translation>&amp;Text</translation>
    </message>
    <message>
        <source>&amp;Windows</source>
        <translation>&amp;Fenster</translation>
    </message>
    <message>
        <source>&amp;Length</source>
        <translation>&amp;Länge</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>&amp;Seed</translation>
    </message>
    <message>
        <source>&amp;Calibrate</source>
        <translation>&amp;Kalibrieren</translation>
    </message>
    <message>
        <source>Calibration Text</source>
        <translation>Kalibrierungstext</translation>
    </message>
    <message>
        <source>Text (*.txt *.md *.text);;All files (*)</source>
        <translation>Text (*.txt *.md *.text);;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ChartPlot</name>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>%1 (%2 to %3)</source>
        <translation>%1 (%2 bis %3)</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::CommandPalette</name>
    <message>
        <source>Command palette</source>
        <translation>Befehlspalette</translation>
    </message>
    <message>
        <source>A command, or “layer 12 x”, “channel 340”</source>
        <translation>Ein Befehl oder „Schicht 12 x“, „Kanal 340“</translation>
    </message>
    <message>
        <source>Find a command</source>
        <translation>Befehl suchen</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>not possible now</source>
        <translation>zurzeit nicht möglich</translation>
    </message>
    <message>
        <source>Go to</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>Layer %1, %2</source>
        <translation>Schicht %1, %2</translation>
    </message>
    <message>
        <source>, channel %1</source>
        <translation>, Kanal %1</translation>
    </message>
    <message>
        <source>Channel %1 of layer %2, %3</source>
        <translation>Kanal %1 von Schicht %2, %3</translation>
    </message>
    <message>
        <source>the model has layers 0 to %1</source>
        <translation>das Modell hat die Schichten 0 bis %1</translation>
    </message>
    <message>
        <source>the model has no %1</source>
        <translation>das Modell hat kein %1</translation>
    </message>
    <message>
        <source>there are channels 0 to %1</source>
        <translation>es gibt die Kanäle 0 bis %1</translation>
    </message>
    <message>
        <source>In the heat map</source>
        <translation>In der Heatmap</translation>
    </message>
    <message>
        <source>Layer and channel up, down, left, right (Ctrl: by ten)</source>
        <translation>Schicht und Kanal nach oben, unten, links, rechts (Strg: um zehn)</translation>
    </message>
    <message>
        <source>Arrows</source>
        <translation>Pfeiltasten</translation>
    </message>
    <message>
        <source>Next or previous outlier along the rows</source>
        <translation>Nächster oder voriger Ausreißer entlang der Zeilen</translation>
    </message>
    <message>
        <source>Alt+Right, Alt+Left</source>
        <translation>Alt+Rechts, Alt+Links</translation>
    </message>
    <message>
        <source>The layer below or above in which this channel is an outlier</source>
        <translation>Die Schicht darunter oder darüber, in der dieser Kanal ein Ausreißer ist</translation>
    </message>
    <message>
        <source>Alt+Down, Alt+Up</source>
        <translation>Alt+Unten, Alt+Oben</translation>
    </message>
    <message>
        <source>Zoom in, out; all channels</source>
        <translation>Vergrößern, verkleinern; alle Kanäle</translation>
    </message>
    <message>
        <source>+, −, Home</source>
        <translation>+, −, Pos1</translation>
    </message>
    <message>
        <source>Logarithmic or linear colours</source>
        <translation>Logarithmische oder lineare Farben</translation>
    </message>
    <message>
        <source>L</source>
        <translation>L</translation>
    </message>
    <message>
        <source>Show the layer</source>
        <translation>Die Schicht anzeigen</translation>
    </message>
    <message>
        <source>Return</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>In the panels</source>
        <translation>In den Diagrammen</translation>
    </message>
    <message>
        <source>Channel left, right (Ctrl: by ten)</source>
        <translation>Kanal nach links, rechts (Strg: um zehn)</translation>
    </message>
    <message>
        <source>Next or previous outlier</source>
        <translation>Nächster oder voriger Ausreißer</translation>
    </message>
    <message>
        <source>Next or previous panel</source>
        <translation>Nächstes oder voriges Diagramm</translation>
    </message>
    <message>
        <source>Tab, Shift+Tab</source>
        <translation>Tab, Umschalt+Tab</translation>
    </message>
    <message>
        <source>Put marker A or B here; remove them</source>
        <translation>Marke A oder B hier setzen; beide entfernen</translation>
    </message>
    <message>
        <source>A, B, Delete</source>
        <translation>A, B, Entf</translation>
    </message>
    <message>
        <source>Logarithmic, linear, symmetric logarithmic axis</source>
        <translation>Logarithmische, lineare, symmetrisch logarithmische Achse</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>schicht</translation>
    </message>
    <message>
        <source>channel</source>
        <translation>kanal</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::CompareDialog</name>
    <message>
        <source>unknown plan</source>
        <translation>unbekannter Plan</translation>
    </message>
    <message>
        <source>run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>Compare Runs</source>
        <translation>Läufe vergleichen</translation>
    </message>
    <message>
        <source>&amp;From</source>
        <translation>&amp;Von</translation>
    </message>
    <message>
        <source>Run to compare from</source>
        <translation>Lauf, von dem aus verglichen wird</translation>
    </message>
    <message>
        <source>&amp;To</source>
        <translation>&amp;Nach</translation>
    </message>
    <message>
        <source>Run to compare to</source>
        <translation>Lauf, mit dem verglichen wird</translation>
    </message>
    <message>
        <source>S&amp;wap</source>
        <translation>&amp;Tauschen</translation>
    </message>
    <message>
        <source>Tasks: accuracy of the two runs</source>
        <translation>Aufgaben: Genauigkeit der beiden Läufe</translation>
    </message>
    <message>
        <source>What the runs do differently</source>
        <translation>Worin sich die Läufe unterscheiden</translation>
    </message>
    <message>
        <source>Answers that flipped</source>
        <translation>Gekippte Antworten</translation>
    </message>
    <message>
        <source>Search task, flip or text</source>
        <translation>Aufgabe, Kippung, Text suchen</translation>
    </message>
    <message>
        <source>Search the flipped answers</source>
        <translation>Gekippte Antworten durchsuchen</translation>
    </message>
    <message>
        <source>The selected item</source>
        <translation>Die gewählte Aufgabe im Wortlaut</translation>
    </message>
    <message>
        <source>Select an item to see its choices with their scores.</source>
        <translation>Ein Element wählen, um seine Antworten mit ihren Bewertungen zu sehen.</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Vergleich läuft…</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>The plans do the same.</source>
        <translation>Die Pläne bewirken dasselbe.</translation>
    </message>
    <message>
        <source>Conditions</source>
        <translation>Bedingungen</translation>
    </message>
    <message>
        <source>The same.</source>
        <translation>Dieselben.</translation>
    </message>
    <message>
        <source>No answer flipped on the items that both runs have.</source>
        <translation>Bei den Elementen, die beide Läufe haben, ist keine Antwort gekippt.</translation>
    </message>
    <message>
        <source>Flipped answers: %1, those that changed most first.</source>
        <translation>Gekippte Antworten: %1, die größten Änderungen zuerst.</translation>
    </message>
    <message>
        <source>&amp;Answers</source>
        <translation>&amp;Antworten</translation>
    </message>
    <message>
        <source>Acti&amp;vations</source>
        <translation>Akti&amp;vierungen</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ComparisonModel</name>
    <message>
        <source>%1 … %2</source>
        <translation>%1 … %2</translation>
    </message>
    <message>
        <source>not on the same items</source>
        <translation>nicht auf denselben Elementen</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>95 % interval</source>
        <translation>95-%-Intervall</translation>
    </message>
    <message>
        <source>Gained</source>
        <translation>Gewonnen</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>Verloren</translation>
    </message>
    <message>
        <source>McNemar</source>
        <translation>McNemar</translation>
    </message>
    <message>
        <source>Published metric of the task, in per cent</source>
        <translation>Veröffentlichtes Maß der Aufgabe, in Prozent</translation>
    </message>
    <message>
        <source>On the items that both have, in percentage points</source>
        <translation>Auf den gemeinsamen Elementen, in Prozentpunkten</translation>
    </message>
    <message>
        <source>Percentile bootstrap over the items</source>
        <translation>Perzentil-Bootstrap über die Elemente</translation>
    </message>
    <message>
        <source>Items that were wrong and are right</source>
        <translation>Elemente, die falsch waren und richtig sind</translation>
    </message>
    <message>
        <source>Items that were right and are wrong</source>
        <translation>Elemente, die richtig waren und falsch sind</translation>
    </message>
    <message>
        <source>Exact two-sided test of whether gained and lost differ by chance</source>
        <translation>Exakter zweiseitiger Test, ob sich gewonnene und verlorene nur zufällig unterscheiden</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::DivergenceWatch</name>
    <message>
        <source>Comparing with the baseline</source>
        <translation>Vergleich mit der Baseline</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::EngineDialog</name>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>The engine does the tensor work. It may run on another machine: then checkpoints, their tokenizers and exports are that machine&apos;s files, and texts, tasks and sessions are this one&apos;s.</source>
        <translation>Die Engine rechnet mit den Tensoren. Sie darf auf einem anderen Rechner laufen: Checkpoints, deren Tokenizer und Exporte sind dann Dateien jenes Rechners; Texte, Aufgaben und Sitzungen die dieses Rechners.</translation>
    </message>
    <message>
        <source>The engine that is installed here</source>
        <translation>Die hier installierte Engine</translation>
    </message>
    <message>
        <source>For example: ssh gpu-host mambascope-engine. ssh must not have to ask for anything.</source>
        <translation>Zum Beispiel: ssh gpu-host mambascope-engine. ssh darf dabei keine Rückfragen stellen.</translation>
    </message>
    <message>
        <source>&amp;Command</source>
        <translation>&amp;Befehl</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>A&amp;nhalten</translation>
    </message>
    <message>
        <source>&amp;Test Connection</source>
        <translation>&amp;Verbindung prüfen</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>Waiting for the engine…</source>
        <translation>Warten auf die Engine…</translation>
    </message>
    <message>
        <source>The engine answers: mambascope %1, %2 (this program: %3).</source>
        <translation>Die Engine antwortet: mambascope %1, %2 (dieses Programm: %3).</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::EngineFolderDialog</name>
    <message>
        <source>Open Checkpoint on the Engine&apos;s Machine</source>
        <translation>Checkpoint auf dem Rechner der Engine öffnen</translation>
    </message>
    <message>
        <source>Export Checkpoint on the Engine&apos;s Machine</source>
        <translation>Checkpoint auf den Rechner der Engine exportieren</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Go to the folder above</source>
        <translation>In den übergeordneten Ordner wechseln</translation>
    </message>
    <message>
        <source>What is in the folder</source>
        <translation>Inhalt des Ordners</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>&amp;Name of the new folder:</source>
        <translation>&amp;Name des neuen Ordners:</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>&amp;Exportieren</translation>
    </message>
    <message>
        <source>Asking the engine&apos;s machine…</source>
        <translation>Der Rechner der Engine wird gefragt…</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>The folder holds more than is listed: type the path.</source>
        <translation>Der Ordner enthält mehr, als hier steht: den Pfad eintippen.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::EvaluateDialog</name>
    <message>
        <source>Evaluate</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Plan: %1
The baseline runs first if this session has none on the same data.</source>
        <translation>Plan: %1
Die Baseline läuft zuerst, wenn diese Sitzung noch keine auf denselben Daten hat.</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source> items a task</source>
        <translation> Elemente je Aufgabe</translation>
    </message>
    <message>
        <source>The order of the items, and which ones if there is a limit</source>
        <translation>Die Reihenfolge der Elemente und, wenn ihre Zahl begrenzt ist, welche</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>at p ≤ %1</source>
        <translation>bei p ≤ %1</translation>
    </message>
    <message>
        <source>Ends a task once its paired difference to the baseline is clear. Valid however often one looks, but the accuracy is then over fewer items: leave it off for numbers that are to be published.</source>
        <translation>Beendet eine Aufgabe, sobald ihre gepaarte Differenz zur Baseline eindeutig ist. Gültig, wie oft auch immer hingesehen wird; die Genauigkeit beruht dann aber auf weniger Elementen: für Zahlen, die veröffentlicht werden sollen, ausgeschaltet lassen.</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>What the engine may keep to go on from the layer that was edited, instead of from the first one; 0 keeps nothing. Results are the same.</source>
        <translation>Was die Engine behalten darf, um ab der geänderten Schicht statt ab der ersten weiterzurechnen; bei 0 behält sie nichts. Die Ergebnisse sind dieselben.</translation>
    </message>
    <message>
        <source>Folder with the data sets: lambada/, hellaswag/, piqa/, …</source>
        <translation>Ordner mit lambada/, piqa/,…</translation>
    </message>
    <message>
        <source>&amp;Data</source>
        <translation>&amp;Daten</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>Aufgaben</translation>
    </message>
    <message>
        <source>&amp;Limit</source>
        <translation>&amp;Grenze</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>&amp;Seed</translation>
    </message>
    <message>
        <source>&amp;Stop early</source>
        <translation>&amp;Früh beenden</translation>
    </message>
    <message>
        <source>&amp;Memory for edits</source>
        <translation>&amp;Zwischenspeicher</translation>
    </message>
    <message>
        <source>E&amp;valuate</source>
        <translation>&amp;Auswerten</translation>
    </message>
    <message>
        <source>Folder with the Data Sets</source>
        <translation>Ordner mit den Datensätzen</translation>
    </message>
    <message>
        <source>No data of this task in the folder</source>
        <translation>Keine Daten dieser Aufgabe im Ordner</translation>
    </message>
    <message>
        <source>Add Task &amp;File…</source>
        <translation>Aufgabendatei &amp;hinzufügen…</translation>
    </message>
    <message>
        <source>A task of your own: a JSON file with templates for prompts and choices</source>
        <translation>Eine eigene Aufgabe: eine JSON-Datei mit Vorlagen für Prompts und Antworten</translation>
    </message>
    <message>
        <source>Task Files</source>
        <translation>Aufgabendateien</translation>
    </message>
    <message>
        <source>Task files (*.json);;All files (*)</source>
        <translation>Aufgabendateien (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>There is a task named “%1” already.</source>
        <translation>Es gibt schon eine Aufgabe namens „%1“.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::FigureDialog</name>
    <message>
        <source>Preview of the figure</source>
        <translation>Vorschau der Abbildung</translation>
    </message>
    <message>
        <source>&amp;Light on dark, for slides</source>
        <translation>&amp;Hell auf dunkel, für Folien</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>Abbildung</translation>
    </message>
    <message>
        <source>&amp;Save…</source>
        <translation>&amp;Speichern…</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>&amp;Print…</source>
        <translation>&amp;Drucken…</translation>
    </message>
    <message>
        <source> mm</source>
        <translation> mm</translation>
    </message>
    <message>
        <source> dpi</source>
        <translation> dpi</translation>
    </message>
    <message>
        <source>Of PNG files and of what is copied</source>
        <translation>Von PNG-Dateien und von dem, was kopiert wird</translation>
    </message>
    <message>
        <source>&amp;Width</source>
        <translation>&amp;Breite</translation>
    </message>
    <message>
        <source>&amp;Height</source>
        <translation>H&amp;öhe</translation>
    </message>
    <message>
        <source>&amp;Resolution</source>
        <translation>&amp;Auflösung</translation>
    </message>
    <message>
        <source>Save Figure</source>
        <translation>Abbildung speichern</translation>
    </message>
    <message>
        <source>Figures and their data (*.pdf *.svg *.png *.csv)</source>
        <translation>Abbildungen und ihre Daten (*.pdf *.svg *.png *.csv)</translation>
    </message>
    <message>
        <source>The figure is in %1.</source>
        <translation>Die Abbildung ist in %1.</translation>
    </message>
    <message>
        <source>The figure is on the clipboard, as an image, as SVG and as CSV.</source>
        <translation>Die Abbildung ist in der Zwischenablage, als Bild, als SVG und als CSV.</translation>
    </message>
    <message>
        <source>Printed.</source>
        <translation>Gedruckt.</translation>
    </message>
    <message>
        <source>The printer did not start.</source>
        <translation>Der Drucker hat nicht begonnen.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::FlipsModel</name>
    <message>
        <source>greedy</source>
        <translation>gierig</translation>
    </message>
    <message>
        <source>another</source>
        <translation>andere</translation>
    </message>
    <message>
        <source>gained</source>
        <translation>gewonnen</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>verloren</translation>
    </message>
    <message>
        <source>%1 → %2</source>
        <translation>%1 → %2</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>Zeile</translation>
    </message>
    <message>
        <source>Flip</source>
        <translation>Kippung</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>Element</translation>
    </message>
    <message>
        <source>Row in the data file, from 0</source>
        <translation>Zeile in der Datendatei, ab 0</translation>
    </message>
    <message>
        <source>Gained: wrong before and right now. Lost: the other way round</source>
        <translation>Gewonnen: vorher falsch und jetzt richtig. Verloren: umgekehrt</translation>
    </message>
    <message>
        <source>The chosen answer, before and now</source>
        <translation>Die gewählte Antwort, vorher und jetzt</translation>
    </message>
    <message>
        <source>By how much the right answer&apos;s lead in log-likelihood changed</source>
        <translation>Um wie viel sich der Vorsprung der richtigen Antwort in der Log-Likelihood geändert hat</translation>
    </message>
    <message>
        <source>Context and choices</source>
        <translation>Kontext und Antworten</translation>
    </message>
    <message>
        <source>row %1</source>
        <translation>Zeile %1</translation>
    </message>
    <message>
        <source>lead of the right answer: %1</source>
        <translation>Vorsprung der richtigen Antwort: %1</translation>
    </message>
    <message>
        <source>before</source>
        <translation>vorher</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>change</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Chosen before: %1. Chosen now: %2. Scores are log-likelihoods.</source>
        <translation>Vorher gewählt: %1. Jetzt gewählt: %2. Die Bewertungen sind Log-Likelihoods.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::HeatPlot</name>
    <message>
        <source>channel %1</source>
        <translation>Kanal %1</translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>Heat map of layers and channels</source>
        <translation>Heatmap der Schichten und Kanäle</translation>
    </message>
    <message>
        <source>%1 σ above the mean</source>
        <translation>%1 σ über dem Mittelwert</translation>
    </message>
    <message>
        <source>%1 σ below the mean</source>
        <translation>%1 σ unter dem Mittelwert</translation>
    </message>
    <message>
        <source>weight column %1</source>
        <translation>Gewichtsspalte %1</translation>
    </message>
    <message>
        <source>outlier, in %1 of %2 layers</source>
        <translation>Ausreißer, in %1 von %2 Schichten</translation>
    </message>
    <message>
        <source>outlier in %1 of %2 layers, but not here</source>
        <translation>Ausreißer in %1 von %2 Schichten, aber nicht hier</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::HistoryModel</name>
    <message>
        <source>Beginning</source>
        <translation>Anfang</translation>
    </message>
    <message>
        <source>Nothing is quantized</source>
        <translation>Nichts ist quantisiert</translation>
    </message>
    <message>
        <source>Does the same as before</source>
        <translation>Bewirkt dasselbe wie zuvor</translation>
    </message>
    <message>
        <source>evaluated: average %1 %</source>
        <translation>ausgewertet: Mittel %1 %</translation>
    </message>
    <message numerus="yes">
        <source>%n evaluations, the last: average %1 %</source>
        <translation>
            <numerusform>%n Auswertung, zuletzt: Mittel %1 %</numerusform>
            <numerusform>%n Auswertungen, zuletzt: Mittel %1 %</numerusform>
        </translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Current plan</source>
        <translation>Aktueller Plan</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::HistoryPanel</name>
    <message>
        <source>Go to This Plan</source>
        <translation>Zu diesem Plan gehen</translation>
    </message>
    <message>
        <source>Copy Plan</source>
        <translation>Plan kopieren</translation>
    </message>
    <message>
        <source>Plan history</source>
        <translation>Verlauf des Plans</translation>
    </message>
    <message>
        <source>Plans: %1, branches: %2</source>
        <translation>Pläne: %1, Zweige: %2</translation>
    </message>
    <message>
        <source>Back to “%1”</source>
        <translation>Zurück zu „%1“</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::JobsModel</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 h</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>runs</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::JobsPanel</name>
    <message>
        <source>Stop</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Stop the job, or drop it if it waits (Del)</source>
        <translation>Den Auftrag abbrechen, oder verwerfen, wenn er wartet (Entf)</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Früher</translation>
    </message>
    <message>
        <source>Let the job run before the one above (Alt+Up)</source>
        <translation>Den Auftrag vor dem darüber ausführen (Alt+Hoch)</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
    <message>
        <source>Let the job run after the one below (Alt+Down)</source>
        <translation>Den Auftrag nach dem darunter ausführen (Alt+Runter)</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::LayerPlot</name>
    <message>
        <source>Absolute maxima by channel</source>
        <translation>Absolute Maxima je Kanal</translation>
    </message>
    <message>
        <source>No calibration yet</source>
        <translation>Noch keine Kalibrierung</translation>
    </message>
    <message>
        <source>%1 · channel %2 · %3</source>
        <translation>%1 · Kanal %2 · %3</translation>
    </message>
    <message>
        <source>%1 σ above the mean</source>
        <translation>%1 σ über dem Mittelwert</translation>
    </message>
    <message>
        <source>%1 σ below the mean</source>
        <translation>%1 σ unter dem Mittelwert</translation>
    </message>
    <message>
        <source>outlier</source>
        <translation>Ausreißer</translation>
    </message>
    <message>
        <source>%1: %2, channel %3: %4</source>
        <translation>%1: %2, Kanal %3: %4</translation>
    </message>
    <message>
        <source>B − A: %1</source>
        <translation>B − A: %1</translation>
    </message>
    <message>
        <source>, × %1</source>
        <translation>, × %1</translation>
    </message>
    <message>
        <source>, %1 σ</source>
        <translation>, %1 σ</translation>
    </message>
    <message>
        <source>No data</source>
        <translation>Keine Daten</translation>
    </message>
    <message>
        <source>and more</source>
        <translation>und weitere</translation>
    </message>
    <message>
        <source>channel %1: %2</source>
        <translation>Kanal %1: %2</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::LayerView</name>
    <message>
        <source>Calibrate…</source>
        <translation>Kalibrieren…</translation>
    </message>
    <message>
        <source>Absolute maxima by channel</source>
        <translation>Absolute Maxima je Kanal</translation>
    </message>
    <message>
        <source>Value at the cursor</source>
        <translation>Wert am Cursor</translation>
    </message>
    <message>
        <source>Markers A and B</source>
        <translation>Marken A und B</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>layer </source>
        <translation>Schicht </translation>
    </message>
    <message>
        <source>Side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>inputs</source>
        <translation>Eingänge</translation>
    </message>
    <message>
        <source>outputs</source>
        <translation>Ausgänge</translation>
    </message>
    <message>
        <source>What goes into the linears, or what comes out of them</source>
        <translation>Was in die linearen Schichten hineingeht oder was herauskommt</translation>
    </message>
    <message>
        <source>Which channels are marked as outliers</source>
        <translation>Welche Kanäle als Ausreißer markiert werden</translation>
    </message>
    <message>
        <source>Scale of the axis</source>
        <translation>Skala der Achse</translation>
    </message>
    <message>
        <source>Scale of the axis (L in the plot)</source>
        <translation>Skala der Achse (L im Diagramm)</translation>
    </message>
    <message>
        <source>log</source>
        <translation>log</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>linear</translation>
    </message>
    <message>
        <source>symlog</source>
        <translation>symlog</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Below the inputs, the largest weight of the column that meets each channel</source>
        <translation>Unter den Eingängen das größte Gewicht der Spalte, auf die jeder Kanal trifft</translation>
    </message>
    <message>
        <source>Move over the plot, or focus it and use the arrow keys; Alt+Right goes to the next outlier.</source>
        <translation>Den Mauszeiger über das Diagramm bewegen, oder es fokussieren und die Pfeiltasten benutzen; Alt+Rechts führt zum nächsten Ausreißer.</translation>
    </message>
    <message>
        <source>Imported activation scales: the largest magnitude of every input channel, no outputs</source>
        <translation>Importierte Aktivierungsskalen: der größte Betrag jedes Eingangskanals, keine Ausgänge</translation>
    </message>
    <message>
        <source>Calibration: %1 · %2 windows of %3 tokens</source>
        <translation>Kalibrierung: %1 · %2 Fenster von %3 Token</translation>
    </message>
    <message>
        <source>token ids</source>
        <translation>Token-IDs</translation>
    </message>
    <message>
        <source>, back to back</source>
        <translation>, lückenlos</translation>
    </message>
    <message>
        <source>, seed %1</source>
        <translation>, Seed %1</translation>
    </message>
    <message>
        <source>This session has no checkpoint yet</source>
        <translation>Diese Sitzung hat noch keinen Checkpoint</translation>
    </message>
    <message>
        <source>Open the one that it is to be about.</source>
        <translation>Den Checkpoint öffnen, um den es gehen soll.</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>Wird geöffnet…</translation>
    </message>
    <message>
        <source>Opening %1…</source>
        <translation>%1 wird geöffnet…</translation>
    </message>
    <message>
        <source>The engine loads the weights.</source>
        <translation>Die Engine lädt die Gewichte.</translation>
    </message>
    <message>
        <source>Working. Outlier channels of every layer appear here as soon as the calibration is there.</source>
        <translation>Es wird gerechnet. Die Ausreißerkanäle jeder Schicht erscheinen hier, sobald die Kalibrierung vorliegt.</translation>
    </message>
    <message>
        <source>Calibrate it: a text runs through the model, and the largest value of every channel is kept.</source>
        <translation>Kalibrieren: Ein Text durchläuft das Modell, und der größte Wert jedes Kanals wird festgehalten.</translation>
    </message>
    <message>
        <source> · partial: stopped before the end</source>
        <translation> · unvollständig: vor dem Ende angehalten</translation>
    </message>
    <message>
        <source>Distribution of the values</source>
        <translation>Verteilung der Werte</translation>
    </message>
    <message>
        <source>What is shown of the layer</source>
        <translation>Was von der Schicht gezeigt wird</translation>
    </message>
    <message>
        <source>What is shown of the layer (D in the plot)</source>
        <translation>Was von der Schicht gezeigt wird (D im Diagramm)</translation>
    </message>
    <message>
        <source>maxima</source>
        <translation>Maxima</translation>
    </message>
    <message>
        <source>histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>ribbons</source>
        <translation>Bänder</translation>
    </message>
    <message>
        <source>Move over the plot, or focus it and use the arrow keys; Page Down goes to the next panel.</source>
        <translation>Mit der Maus darüberfahren, oder mit Pfeiltasten, wenn das Diagramm den Fokus hat; Bild ab geht zum nächsten Feld.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::LayersModel</name>
    <message>
        <source>%1: %2 of %3 channels are outliers</source>
        <translation>%1: %2 von %3 Kanälen sind Ausreißer</translation>
    </message>
    <message>
        <source>%1, outliers: %2</source>
        <translation>%1, Ausreißer: %2</translation>
    </message>
    <message>
        <source>Largest absolute value of the layer: %1 at %2, channel %3</source>
        <translation>Größter Absolutwert der Schicht: %1 an %2, Kanal %3</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>Max</source>
        <translation>Max</translation>
    </message>
    <message>
        <source>Outlier channels at %1</source>
        <translation>Ausreißerkanäle an %1</translation>
    </message>
    <message>
        <source>Layer, from 0</source>
        <translation>Schicht, ab 0</translation>
    </message>
    <message>
        <source>Largest absolute value of the layer</source>
        <translation>Größter Absolutwert der Schicht</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::LayersPanel</name>
    <message>
        <source>Layers and their outlier channels</source>
        <translation>Schichten und ihre Ausreißerkanäle</translation>
    </message>
    <message>
        <source>Outlier channels at the inputs: %1</source>
        <translation>Ausreißerkanäle an den Eingängen: %1</translation>
    </message>
    <message>
        <source>Outlier channels at the outputs: %1</source>
        <translation>Ausreißerkanäle an den Ausgängen: %1</translation>
    </message>
    <message>
        <source>Calibrate to see outlier channels.</source>
        <translation>Kalibrieren, um Ausreißerkanäle zu sehen.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::LevelsView</name>
    <message>
        <source>Integers of the weight</source>
        <translation>Ganzzahlen des Gewichts</translation>
    </message>
    <message>
        <source>How often each integer of the quantized weight occurs; the line: without smoothing</source>
        <translation>Wie oft jede Ganzzahl des quantisierten Gewichts vorkommt; die Linie: ohne Glättung</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::MainWindow</name>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Outliers</source>
        <translation>Ausreißer</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Results, accuracy in per cent</source>
        <translation>Ergebnisse, Genauigkeit in Prozent</translation>
    </message>
    <message>
        <source>This checkpoint brings its own tokenizer.</source>
        <translation>Dieser Checkpoint bringt seinen eigenen Tokenizer mit.</translation>
    </message>
    <message>
        <source>There are not two runs to compare yet.</source>
        <translation>Es gibt noch keine zwei Läufe, die sich vergleichen ließen.</translation>
    </message>
    <message>
        <source>There is no calibration to look at yet.</source>
        <translation>Es liegt noch keine Kalibrierung vor.</translation>
    </message>
    <message>
        <source>Plans and results need the model itself. Open the checkpoint that this belongs to; what is shown here will be attached to it.</source>
        <translation>Pläne und Ergebnisse brauchen das Modell selbst. Den zugehörigen Checkpoint öffnen; was hier zu sehen ist, wird ihm zugeordnet.</translation>
    </message>
    <message>
        <source>Open Checkpoint…</source>
        <translation>Checkpoint öffnen…</translation>
    </message>
    <message>
        <source>activation scales</source>
        <translation>Aktivierungsskalen</translation>
    </message>
    <message>
        <source>calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source> (read-only)</source>
        <translation> (schreibgeschützt)</translation>
    </message>
    <message>
        <source>Mambascope</source>
        <translation>Mambascope</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>“%1” is under way. Stop it and close?</source>
        <translation>„%1“ läuft noch. Anhalten und schließen?</translation>
    </message>
    <message>
        <source>Stop and Close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Open Checkpoint: Folder with config.json and Weights</source>
        <translation>Checkpoint öffnen: Ordner mit config.json und Gewichten</translation>
    </message>
    <message>
        <source>Locate the Checkpoint of This Session</source>
        <translation>Checkpoint dieser Sitzung suchen</translation>
    </message>
    <message>
        <source>Open File</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>Everything that opens (*.mscope *.safetensors *.pt *.pth *.bin config.json);;Sessions (*.mscope);;Calibrations (*.safetensors);;Activation scales (*.pt *.pth *.bin *.safetensors);;All files (*)</source>
        <translation>Alles, was sich öffnen lässt (*.mscope *.safetensors *.pt *.pth *.bin config.json);;Sitzungen (*.mscope);;Kalibrierungen (*.safetensors);;Aktivierungsskalen (*.pt *.pth *.bin *.safetensors);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Keep Open</source>
        <translation>Geöffnet lassen</translation>
    </message>
    <message>
        <source>Choose the Tokenizer of This Checkpoint</source>
        <translation>Tokenizer für diesen Checkpoint wählen</translation>
    </message>
    <message>
        <source>Tokenizers (*.json);;All files (*)</source>
        <translation>Tokenizer (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Import Calibration</source>
        <translation>Kalibrierung importieren</translation>
    </message>
    <message>
        <source>Calibrations and activation scales (*.safetensors *.pt *.pth *.bin);;All files (*)</source>
        <translation>Kalibrierungen und Aktivierungsskalen (*.safetensors *.pt *.pth *.bin);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Save a Copy of the Session</source>
        <translation>Kopie der Sitzung speichern</translation>
    </message>
    <message>
        <source>Sessions (*.mscope)</source>
        <translation>Sitzungen (*.mscope)</translation>
    </message>
    <message>
        <source>A copy is in %1. The session goes on in its own file.</source>
        <translation>Eine Kopie liegt in %1. Die Sitzung geht in ihrer eigenen Datei weiter.</translation>
    </message>
    <message>
        <source>PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;Data as CSV (*.csv)</source>
        <translation>PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;Daten als CSV (*.csv)</translation>
    </message>
    <message>
        <source>Export Figure</source>
        <translation>Abbildung exportieren</translation>
    </message>
    <message>
        <source>The figure is in %1.</source>
        <translation>Die Abbildung liegt in %1.</translation>
    </message>
    <message>
        <source>Export Overview</source>
        <translation>Übersicht exportieren</translation>
    </message>
    <message>
        <source>The overview is in %1.</source>
        <translation>Die Übersicht liegt in %1.</translation>
    </message>
    <message>
        <source>Export Checkpoint: Name of a New Folder</source>
        <translation>Checkpoint exportieren: Name eines neuen Ordners</translation>
    </message>
    <message>
        <source>Folder:</source>
        <translation>Ordner:</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Open Checkpoint…</source>
        <translation>&amp;Checkpoint öffnen…</translation>
    </message>
    <message>
        <source>Op&amp;en File…</source>
        <translation>&amp;Datei öffnen…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+O</source>
        <translation>Ctrl+Shift+O</translation>
    </message>
    <message>
        <source>Open from Hugging Face C&amp;ache</source>
        <translation>Aus dem &amp;Hugging-Face-Cache öffnen</translation>
    </message>
    <message>
        <source>Open &amp;Recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Open &amp;Demo</source>
        <translation>De&amp;mo öffnen</translation>
    </message>
    <message>
        <source>Save a &amp;Copy…</source>
        <translation>&amp;Kopie speichern…</translation>
    </message>
    <message>
        <source>&amp;Import Calibration…</source>
        <translation>Kalibrierung &amp;importieren…</translation>
    </message>
    <message>
        <source>Export &amp;Figure…</source>
        <translation>&amp;Abbildung exportieren…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+E</source>
        <translation>Ctrl+Shift+E</translation>
    </message>
    <message>
        <source>Export O&amp;verview…</source>
        <translation>&amp;Übersicht exportieren…</translation>
    </message>
    <message>
        <source>Ctrl+Alt+Shift+E</source>
        <translation>Ctrl+Alt+Shift+E</translation>
    </message>
    <message>
        <source>Export C&amp;heckpoint…</source>
        <translation>Checkpoint &amp;exportieren…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+X</source>
        <translation>Ctrl+Shift+X</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>&amp;Schließen</translation>
    </message>
    <message>
        <source>Ctrl+W</source>
        <translation>Ctrl+W</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Liste leeren</translation>
    </message>
    <message>
        <source>Looking through the cache…</source>
        <translation>Der Cache wird durchsucht…</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>No checkpoint that can be opened</source>
        <translation>Kein Checkpoint, der sich öffnen lässt</translation>
    </message>
    <message>
        <source>More are on the start page</source>
        <translation>Weitere stehen auf der Startseite</translation>
    </message>
    <message>
        <source>1 other model cannot be opened</source>
        <translation>1 weiteres Modell lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>%1 other models cannot be opened</source>
        <translation>%1 weitere Modelle lassen sich nicht öffnen</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>Copy &amp;Figure</source>
        <translation>&amp;Abbildung kopieren</translation>
    </message>
    <message>
        <source>Ctrl+Shift+C</source>
        <translation>Ctrl+Shift+C</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>&amp;Modell</translation>
    </message>
    <message>
        <source>&amp;Calibrate…</source>
        <translation>&amp;Kalibrieren…</translation>
    </message>
    <message>
        <source>Ctrl+K</source>
        <translation>Ctrl+K</translation>
    </message>
    <message>
        <source>&amp;Evaluate</source>
        <translation>&amp;Auswerten</translation>
    </message>
    <message>
        <source>Ctrl+E</source>
        <translation>Ctrl+E</translation>
    </message>
    <message>
        <source>Evaluate the plan beside the baseline, as last time</source>
        <translation>Den Plan neben der Baseline auswerten, wie beim letzten Mal</translation>
    </message>
    <message>
        <source>Evaluate &amp;On…</source>
        <translation>Auswerten au&amp;f…</translation>
    </message>
    <message>
        <source>Ctrl+Alt+E</source>
        <translation>Ctrl+Alt+E</translation>
    </message>
    <message>
        <source>Choose &amp;Tokenizer…</source>
        <translation>&amp;Tokenizer wählen…</translation>
    </message>
    <message>
        <source>Use Plan of Selected &amp;Run</source>
        <translation>&amp;Plan des gewählten Laufs verwenden</translation>
    </message>
    <message>
        <source>Re&amp;move Selected Run</source>
        <translation>Gewählten &amp;Lauf entfernen</translation>
    </message>
    <message>
        <source>Compare R&amp;uns…</source>
        <translation>Läufe &amp;vergleichen…</translation>
    </message>
    <message>
        <source>Ctrl+D</source>
        <translation>Ctrl+D</translation>
    </message>
    <message>
        <source>E&amp;ngine…</source>
        <translation>&amp;Engine…</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>A&amp;nhalten</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Go to Channel or Layer…</source>
        <translation>Zu &amp;Kanal oder Schicht gehen…</translation>
    </message>
    <message>
        <source>Ctrl+J</source>
        <translation>Ctrl+J</translation>
    </message>
    <message>
        <source>channel </source>
        <translation>Kanal </translation>
    </message>
    <message>
        <source>&amp;Reset Layout</source>
        <translation>A&amp;nordnung zurücksetzen</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>&amp;Farbschema</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>&amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>&amp;Colours of the Heat Map</source>
        <translation>Farben der &amp;Heatmap</translation>
    </message>
    <message>
        <source>&amp;Full Screen</source>
        <translation>&amp;Vollbild</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;Find Command…</source>
        <translation>&amp;Befehl suchen…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+P</source>
        <translation>Ctrl+Shift+P</translation>
    </message>
    <message>
        <source>&amp;Keyboard Shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>Ctrl+/</source>
        <translation>Ctrl+/</translation>
    </message>
    <message>
        <source>&amp;About Mambascope</source>
        <translation>&amp;Über Mambascope</translation>
    </message>
    <message>
        <source>&amp;Overview of All Layers</source>
        <translation>&amp;Übersicht aller Schichten</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>The heat map of all layers</source>
        <translation>Die Heatmap aller Schichten</translation>
    </message>
    <message>
        <source>Overview &amp;and Layer</source>
        <translation>Übersicht &amp;und Schicht</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>Beides</translation>
    </message>
    <message>
        <source>The heat map above the selected layer&apos;s panels, where the window is high enough</source>
        <translation>Die Heatmap über den Diagrammen der gewählten Schicht, wo das Fenster hoch genug ist</translation>
    </message>
    <message>
        <source>Selected La&amp;yer</source>
        <translation>&amp;Gewählte Schicht</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>The selected layer&apos;s panels</source>
        <translation>Die Diagramme der gewählten Schicht</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Export figure</source>
        <translation>Abbildung exportieren</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>The language changes when Mambascope starts the next time.</source>
        <translation>Die Sprache wechselt beim nächsten Start von Mambascope.</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>Grau</translation>
    </message>
    <message>
        <source>Ctrl+Alt+A</source>
        <translation>Ctrl+Alt+A</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Felder</translation>
    </message>
    <message>
        <source>Export Report</source>
        <translation>Bericht exportieren</translation>
    </message>
    <message>
        <source>PDF (*.pdf);;Web page (*.html)</source>
        <translation>PDF (*.pdf);;Webseite (*.html)</translation>
    </message>
    <message>
        <source>The report is in %1.</source>
        <translation>Der Bericht ist in %1.</translation>
    </message>
    <message>
        <source>&amp;Print Figure…</source>
        <translation>Abbildung dr&amp;ucken…</translation>
    </message>
    <message>
        <source>See the figure as it will be on paper or in a file, in any size</source>
        <translation>Die Abbildung sehen, wie sie auf Papier oder in einer Datei sein wird, in jeder Größe</translation>
    </message>
    <message>
        <source>Export Re&amp;port…</source>
        <translation>Be&amp;richt exportieren…</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>Ein&amp;stellungen…</translation>
    </message>
    <message>
        <source>Ctrl+,</source>
        <translation>Ctrl+,</translation>
    </message>
    <message>
        <source>&amp;Plot Results…</source>
        <translation>Ergebnisse als &amp;Diagramm…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+D</source>
        <translation>Ctrl+Shift+D</translation>
    </message>
    <message>
        <source>&amp;Block Diagram</source>
        <translation>&amp;Blockdiagramm</translation>
    </message>
    <message>
        <source>Ctrl+B</source>
        <translation>Ctrl+B</translation>
    </message>
    <message>
        <source>The block of the layer above its panels, where the window is high enough</source>
        <translation>Der Block der Schicht über ihren Feldern, wo das Fenster hoch genug ist</translation>
    </message>
    <message>
        <source>&amp;Panel Layouts</source>
        <translation>Anor&amp;dnungen</translation>
    </message>
    <message>
        <source>To&amp;ur</source>
        <translation>R&amp;undgang</translation>
    </message>
    <message>
        <source>Save Layout</source>
        <translation>Anordnung speichern</translation>
    </message>
    <message>
        <source>Name of the arrangement of panels:</source>
        <translation>Name der Anordnung:</translation>
    </message>
    <message>
        <source>&amp;Save Layout…</source>
        <translation>Anordnung &amp;speichern…</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>Begin with a calibration</source>
        <translation>Am Anfang steht die Kalibrierung</translation>
    </message>
    <message>
        <source>Calibrate runs text through the model and keeps, for every channel of every linear layer, the largest absolute value. You can do it now; the tour waits.</source>
        <translation>„Kalibrieren“ schickt Text durch das Modell und merkt sich für jeden Kanal jeder linearen Schicht den größten Betrag. Sie können das jetzt tun; der Rundgang wartet.</translation>
    </message>
    <message>
        <source>All layers at once</source>
        <translation>Alle Schichten auf einmal</translation>
    </message>
    <message>
        <source>Layers by channels: the colour is the largest value, or how far it stands out. Outlier channels are never too small to be seen. A click selects layer and channel everywhere.</source>
        <translation>Schichten mal Kanäle: Die Farbe ist der größte Wert, oder wie weit er herausragt. Ausreißerkanäle sind nie zu klein, um sichtbar zu sein. Ein Klick wählt Schicht und Kanal überall.</translation>
    </message>
    <message>
        <source>One layer</source>
        <translation>Eine Schicht</translation>
    </message>
    <message>
        <source>The four linear layers of a Mamba block. What stands above the band is an outlier channel. While the plan smooths or zeroes, a line shows what is left.</source>
        <translation>Die vier linearen Schichten eines Mamba-Blocks. Was über das Band hinausragt, ist ein Ausreißerkanal. Solange der Plan glättet oder nullt, zeigt eine Linie, was übrig bleibt.</translation>
    </message>
    <message>
        <source>Layers and outliers</source>
        <translation>Schichten und Ausreißer</translation>
    </message>
    <message>
        <source>How many outlier channels every layer has; behind it the outliers of the selected layer, and in how many layers each is one.</source>
        <translation>Wie viele Ausreißerkanäle jede Schicht hat; dahinter die Ausreißer der gewählten Schicht, und in wie vielen Schichten jeder einer ist.</translation>
    </message>
    <message>
        <source>The plan</source>
        <translation>Der Plan</translation>
    </message>
    <message>
        <source>What is quantized, and how: for the whole model, a kind of linear layer, or one site. Edit a cell, choose a preset, undo with Ctrl+Z.</source>
        <translation>Was quantisiert wird, und wie: für das ganze Modell, eine Art linearer Schichten oder eine Stelle. Ändern Sie eine Zelle, wählen Sie eine Vorlage, machen Sie es mit Strg+Z rückgängig.</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Evaluate measures the plan on zero-shot tasks beside the unquantized model, with intervals of the differences. Nothing is computed twice.</source>
        <translation>„Auswerten“ misst den Plan an Zero-Shot-Aufgaben neben dem unquantisierten Modell, mit Intervallen der Unterschiede. Nichts wird zweimal berechnet.</translation>
    </message>
    <message>
        <source>What the engine does and what waits for it, with the time that is left. Jobs can be stopped and moved.</source>
        <translation>Was die Engine tut und was auf sie wartet, mit der verbleibenden Zeit. Aufträge lassen sich abbrechen und verschieben.</translation>
    </message>
    <message>
        <source>Everything by keyboard</source>
        <translation>Alles mit der Tastatur</translation>
    </message>
    <message>
        <source>Ctrl+Shift+P finds every command by a few of its letters, F1 lists all shortcuts. The tour is in the Help menu if you want it again.</source>
        <translation>Strg+Umschalt+P findet jeden Befehl an einigen seiner Buchstaben, F1 nennt alle Tastenkürzel. Der Rundgang steht im Menü „Hilfe“, wenn Sie ihn noch einmal wollen.</translation>
    </message>
    <message>
        <source>Open a checkpoint or a session first.</source>
        <translation>Öffnen Sie zuerst einen Checkpoint oder eine Sitzung.</translation>
    </message>
    <message>
        <source>&amp;Find α, Bits or Sensitivity…</source>
        <translation>α, Bits oder Empfindlichkeit &amp;suchen…</translation>
    </message>
    <message>
        <source>Search for every site&apos;s α, for its bits under a budget, or for what it costs by itself</source>
        <translation>Für jede Stelle α suchen, ihre Bits in einem Budget, oder was sie für sich kostet</translation>
    </message>
    <message>
        <source>S&amp;how Searches…</source>
        <translation>Suchen an&amp;zeigen…</translation>
    </message>
    <message>
        <source>Ctrl+Shift+A</source>
        <translation>Ctrl+Shift+A</translation>
    </message>
    <message>
        <source>What the searches of this session measured and found</source>
        <translation>Was die Suchen dieser Sitzung gemessen und gefunden haben</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::MessageBar</name>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Meldung</translation>
    </message>
    <message>
        <source>Details of the message</source>
        <translation>Einzelheiten der Meldung</translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n weitere</numerusform>
            <numerusform>%n weitere</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mambascope::ui::OutliersModel</name>
    <message>
        <source>Site</source>
        <translation>Stelle</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>Max</source>
        <translation>Max</translation>
    </message>
    <message>
        <source>σ</source>
        <translation>σ</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Linear layer of the block</source>
        <translation>Lineare Schicht des Blocks</translation>
    </message>
    <message>
        <source>Channel, from 0</source>
        <translation>Kanal, ab 0</translation>
    </message>
    <message>
        <source>Largest absolute activation</source>
        <translation>Größte absolute Aktivierung</translation>
    </message>
    <message>
        <source>How far it stands out, in the units of the outlier rule</source>
        <translation>Wie weit er herausragt, in den Einheiten der Ausreißerregel</translation>
    </message>
    <message>
        <source>In how many layers this channel of this linear is an outlier</source>
        <translation>In wie vielen Schichten dieser Kanal dieser linearen Schicht ein Ausreißer ist</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::OutliersPanel</name>
    <message>
        <source>Outlier channels of the layer</source>
        <translation>Ausreißerkanäle der Schicht</translation>
    </message>
    <message>
        <source>Calibrate to see outlier channels.</source>
        <translation>Kalibrieren, um Ausreißerkanäle zu sehen.</translation>
    </message>
    <message>
        <source>Outlier channels of layer %1: %2</source>
        <translation>Ausreißerkanäle von Schicht %1: %2</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::OverviewView</name>
    <message>
        <source>Value at the cursor of the heat map</source>
        <translation>Wert am Cursor der Heatmap</translation>
    </message>
    <message>
        <source>Linear layer</source>
        <translation>Lineare Schicht</translation>
    </message>
    <message>
        <source>Which linear of every layer the heat map shows</source>
        <translation>Welche lineare Schicht jedes Blocks die Heatmap zeigt</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>What goes into the linears, or what comes out of them</source>
        <translation>Was in die linearen Schichten hineingeht oder was herauskommt</translation>
    </message>
    <message>
        <source>inputs</source>
        <translation>Eingänge</translation>
    </message>
    <message>
        <source>outputs</source>
        <translation>Ausgänge</translation>
    </message>
    <message>
        <source>Value of a channel</source>
        <translation>Wert eines Kanals</translation>
    </message>
    <message>
        <source>What the colours say</source>
        <translation>Was die Farben bedeuten</translation>
    </message>
    <message>
        <source>absmax</source>
        <translation>absmax</translation>
    </message>
    <message>
        <source>σ of the layer</source>
        <translation>σ der Schicht</translation>
    </message>
    <message>
        <source>weight absmax</source>
        <translation>absmax der Gewichte</translation>
    </message>
    <message>
        <source>Order of the layers</source>
        <translation>Reihenfolge der Schichten</translation>
    </message>
    <message>
        <source>How the rows are sorted, from the top</source>
        <translation>Wie die Zeilen sortiert sind, von oben</translation>
    </message>
    <message>
        <source>by depth</source>
        <translation>nach Tiefe</translation>
    </message>
    <message>
        <source>by outliers</source>
        <translation>nach Ausreißern</translation>
    </message>
    <message>
        <source>by largest</source>
        <translation>nach Größtwert</translation>
    </message>
    <message>
        <source>Which channels count as outliers</source>
        <translation>Welche Kanäle als Ausreißer gelten</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Log</translation>
    </message>
    <message>
        <source>Logarithmic colours</source>
        <translation>Logarithmische Farben</translation>
    </message>
    <message>
        <source>Logarithmic colours (L in the heat map)</source>
        <translation>Logarithmische Farben (L in der Heatmap)</translation>
    </message>
    <message>
        <source>Click a point to select its layer and channel; Alt+arrows walk the outliers, Enter shows the layer.</source>
        <translation>Ein Klick auf einen Punkt wählt Schicht und Kanal; Alt+Pfeiltasten führen durch die Ausreißer, die Eingabetaste zeigt die Schicht.</translation>
    </message>
    <message>
        <source>All layers · %1 × %2 channels · outlier channels: %3</source>
        <translation>Alle Schichten · %1 × %2 Kanäle · Ausreißerkanäle: %3</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::PlanDelegate</name>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>Migration strength α</source>
        <translation>Migrationsstärke α</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::PlanModel</name>
    <message>
        <source>all sites</source>
        <translation>alle Stellen</translation>
    </message>
    <message>
        <source>every %1</source>
        <translation>jedes %1</translation>
    </message>
    <message>
        <source>Bits of the weights</source>
        <translation>Bits der Gewichte</translation>
    </message>
    <message>
        <source>How many scales a weight has: one, one an output channel, or one a group of inputs</source>
        <translation>Wie viele Skalen ein Gewicht hat: eine, eine je Ausgangskanal oder eine je Gruppe von Eingängen</translation>
    </message>
    <message>
        <source>Bits of the activations</source>
        <translation>Bits der Aktivierungen</translation>
    </message>
    <message>
        <source>Which activations are quantized: what goes into the linear, what comes out, or both</source>
        <translation>Welche Aktivierungen quantisiert werden: was in die lineare Schicht hineingeht, was herauskommt, oder beides</translation>
    </message>
    <message>
        <source>Where an activation&apos;s scale comes from: calibration (the largest value, a percentile, or the least squared error), the sequence at run time, or each token</source>
        <translation>Woher die Skala einer Aktivierung kommt: aus der Kalibrierung (größter Wert, Perzentil oder kleinster quadratischer Fehler), aus der Sequenz zur Laufzeit oder je Token</translation>
    </message>
    <message>
        <source>SmoothQuant&apos;s migration strength α from 0 (activations keep their range) to 1</source>
        <translation>Migrationsstärke α von SmoothQuant, von 0 (die Aktivierungen behalten ihren Bereich) bis 1</translation>
    </message>
    <message>
        <source>Set the input&apos;s outlier channels to zero</source>
        <translation>Die Ausreißerkanäle des Eingangs auf null setzen</translation>
    </message>
    <message>
        <source>Set the input&apos;s outlier channels to zero: %1 by this plan&apos;s rule</source>
        <translation>Die Ausreißerkanäle des Eingangs auf null setzen: %1 nach der Regel dieses Plans</translation>
    </message>
    <message>
        <source>What else is done to outliers: flagged channels kept in floats, or all channels rotated before they are quantized</source>
        <translation>Was sonst mit Ausreißern geschieht: markierte Kanäle bleiben in Gleitkomma, oder alle Kanäle werden vor der Quantisierung rotiert</translation>
    </message>
    <message>
        <source> (from above: %1)</source>
        <translation> (von oben: %1)</translation>
    </message>
    <message>
        <source>zero outliers on</source>
        <translation>Ausreißer nullen: an</translation>
    </message>
    <message>
        <source>zero outliers off</source>
        <translation>Ausreißer nullen: aus</translation>
    </message>
    <message>
        <source>%1 rows</source>
        <translation>%1 Zeilen</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Clear settings</source>
        <translation>Einstellungen löschen</translation>
    </message>
    <message>
        <source>Site</source>
        <translation>Stelle</translation>
    </message>
    <message>
        <source>W bits</source>
        <translation>W-Bits</translation>
    </message>
    <message>
        <source>W scales</source>
        <translation>W-Skala</translation>
    </message>
    <message>
        <source>A bits</source>
        <translation>A-Bits</translation>
    </message>
    <message>
        <source>A side</source>
        <translation>A-Seite</translation>
    </message>
    <message>
        <source>A scale</source>
        <translation>A-Skala</translation>
    </message>
    <message>
        <source>α</source>
        <translation>α</translation>
    </message>
    <message>
        <source>Zero</source>
        <translation>Null</translation>
    </message>
    <message>
        <source>Outliers</source>
        <translation>Ausreißer</translation>
    </message>
    <message>
        <source>Bits of what the scan reads: z of in_proj, u, B and C of x_proj, Δ of dt_proj</source>
        <translation>Bits dessen, was der Scan liest: z von in_proj, u, B und C von x_proj, Δ von dt_proj</translation>
    </message>
    <message>
        <source>Bits of the scan&apos;s state from token to token, a setting of the out_proj behind it</source>
        <translation>Bits des Scan-Zustands von Token zu Token, eine Einstellung des out_proj dahinter</translation>
    </message>
    <message>
        <source>“%1” is no value for %2.</source>
        <translation>„%1“ ist kein Wert für %2.</translation>
    </message>
    <message>
        <source>Paste settings</source>
        <translation>Einstellungen einfügen</translation>
    </message>
    <message>
        <source>Fill down</source>
        <translation>Nach unten ausfüllen</translation>
    </message>
    <message>
        <source>Scan bits</source>
        <translation>Scan</translation>
    </message>
    <message>
        <source>State bits</source>
        <translation>Zust.</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::PlanPanel</name>
    <message>
        <source>Open Checkpoint…</source>
        <translation>Checkpoint öffnen…</translation>
    </message>
    <message>
        <source>Evaluate</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Evaluate this plan beside the baseline</source>
        <translation>Diesen Plan neben der Baseline auswerten</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>Start from a named plan; it replaces every setting below</source>
        <translation>Mit einem benannten Plan beginnen; er ersetzt alle Einstellungen darunter</translation>
    </message>
    <message>
        <source>Custom</source>
        <translation>Eigener</translation>
    </message>
    <message>
        <source>Scope</source>
        <translation>Umfang</translation>
    </message>
    <message>
        <source>Which weights are quantized: the four linears (mlp), or convolution, A, D, embedding and head as well (all)</source>
        <translation>Welche Gewichte quantisiert werden: die vier linearen Schichten (mlp) oder auch Faltung, A, D, Embedding und Kopf (alle)</translation>
    </message>
    <message>
        <source>mlp</source>
        <translation>mlp</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>other</source>
        <translation>andere</translation>
    </message>
    <message>
        <source>Which channels are zeroed where the plan zeroes outliers</source>
        <translation>Welche Kanäle auf null gesetzt werden, wo der Plan Ausreißer nullt</translation>
    </message>
    <message>
        <source>Rows of the table</source>
        <translation>Zeilen der Tabelle</translation>
    </message>
    <message>
        <source>This layer</source>
        <translation>Diese Schicht</translation>
    </message>
    <message>
        <source>All layers</source>
        <translation>Alle Schichten</translation>
    </message>
    <message>
        <source>&amp;Preset</source>
        <translation>&amp;Vorlage</translation>
    </message>
    <message>
        <source>S&amp;cope</source>
        <translation>&amp;Umfang</translation>
    </message>
    <message>
        <source>&amp;Zero by</source>
        <translation>&amp;Nullen nach</translation>
    </message>
    <message>
        <source>Outlier rule</source>
        <translation>Ausreißerregel</translation>
    </message>
    <message>
        <source>Outlier factor k</source>
        <translation>Ausreißerfaktor k</translation>
    </message>
    <message>
        <source>Preset “%1”</source>
        <translation>Vorlage „%1“</translation>
    </message>
    <message>
        <source>What a plan does depends on the model. %1</source>
        <translation>Was ein Plan bewirkt, hängt vom Modell ab. %1</translation>
    </message>
    <message>
        <source>The plan appears here.</source>
        <translation>Der Plan erscheint hier.</translation>
    </message>
    <message>
        <source>Nothing is quantized: this is the baseline.</source>
        <translation>Nichts ist quantisiert: Dies ist die Baseline.</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weitere</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>Search…</source>
        <translation>Suchen…</translation>
    </message>
    <message>
        <source>Find α or bits for every site, or how sensitive each is</source>
        <translation>Für jede Stelle α oder Bits finden, oder wie empfindlich sie ist</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::PlanTable</name>
    <message>
        <source>Plan: settings of every site</source>
        <translation>Plan: Einstellungen jeder Stelle</translation>
    </message>
    <message>
        <source>group of %1</source>
        <translation>Gruppe %1</translation>
    </message>
    <message>
        <source>Follow the Settings Above</source>
        <translation>Den Einstellungen darüber folgen</translation>
    </message>
    <message>
        <source>least error</source>
        <translation>min. Fehler</translation>
    </message>
    <message>
        <source>in floats</source>
        <translation>Gleitkomma</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>Fill Down</source>
        <translation>Nach unten ausfüllen</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::RatioPlot</name>
    <message>
        <source>channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>Ratios of the maxima by layer and channel</source>
        <translation>Verhältnisse der Maxima nach Schicht und Kanal</translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>channel %1</source>
        <translation>Kanal %1</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>outlier in the second only</source>
        <translation>Ausreißer nur im zweiten</translation>
    </message>
    <message>
        <source>outlier in the first only</source>
        <translation>Ausreißer nur im ersten</translation>
    </message>
    <message>
        <source>%1 → %2</source>
        <translation>%1 → %2</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ResultChartsDialog</name>
    <message>
        <source>Plots of Results</source>
        <translation>Diagramme der Ergebnisse</translation>
    </message>
    <message>
        <source>Plots of results</source>
        <translation>Diagramme der Ergebnisse</translation>
    </message>
    <message>
        <source>No run yet. Evaluate the baseline and some plans, and their accuracy appears here over bits, size and α.</source>
        <translation>Noch kein Lauf. Nach einer Auswertung der Baseline und einiger Pläne erscheint hier ihre Genauigkeit über Bits, Größe und α.</translation>
    </message>
    <message>
        <source>Value at the cursor</source>
        <translation>Wert am Cursor</translation>
    </message>
    <message>
        <source>&amp;Figure…</source>
        <translation>&amp;Abbildung…</translation>
    </message>
    <message>
        <source>Save, copy or print</source>
        <translation>Speichern, kopieren oder drucken</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ResultsModel</name>
    <message>
        <source>Items with a score that is not finite, counted as wrong: %1</source>
        <translation>Elemente mit nicht endlicher Bewertung, als falsch gezählt: %1</translation>
    </message>
    <message>
        <source>%1 items a task</source>
        <translation>%1 Elemente je Aufgabe</translation>
    </message>
    <message>
        <source>all items</source>
        <translation>alle Elemente</translation>
    </message>
    <message>
        <source>%1
%2 · %3 · seed %4
%5, %6, %7 · %8 s</source>
        <translation>%1
%2 · %3 · Seed %4
%5, %6, %7 · %8 s</translation>
    </message>
    <message>
        <source>
Stopped before the end: over the items done until then</source>
        <translation>
Vor dem Ende angehalten: über die bis dahin fertigen Elemente</translation>
    </message>
    <message>
        <source>%1 ± %2 over %3 items</source>
        <translation>%1 ± %2 über %3 Elemente</translation>
    </message>
    <message>
        <source>%1 of %2 items right, 95 % interval %3 – %4, guessing gives %5</source>
        <translation>%1 von %2 Elementen richtig, 95-%-Intervall %3 – %4, Raten ergibt %5</translation>
    </message>
    <message>
        <source>
Stopped early after %1 of %2 items: the difference to the baseline was clear at %3</source>
        <translation>
Nach %1 von %2 Elementen früh beendet: Die Differenz zur Baseline war eindeutig bei %3</translation>
    </message>
    <message>
        <source>same</source>
        <translation>gleich</translation>
    </message>
    <message>
        <source>
Against the baseline on %1 items: %2 points, %3 gained, %4 lost, %5 %6</source>
        <translation>
Gegen die Baseline auf %1 Elementen: %2 Punkte, %3 gewonnen, %4 verloren, %5 %6</translation>
    </message>
    <message>
        <source>anytime-valid</source>
        <translation>jederzeit gültig</translation>
    </message>
    <message>
        <source>McNemar&apos;s exact</source>
        <translation>McNemar, exakt</translation>
    </message>
    <message>
        <source>Unweighted mean over the tasks: %1</source>
        <translation>Ungewichtetes Mittel über die Aufgaben: %1</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>%1 of %2 items</source>
        <translation>%1 von %2 Elementen</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>%1 min left</source>
        <translation>noch %1 min</translation>
    </message>
    <message>
        <source>%1–%2 · %3 of %4</source>
        <translation>%1–%2 · %3 von %4</translation>
    </message>
    <message>
        <source>Until now; Wilson&apos;s 95 % interval %1 – %2, %3 of %4 items</source>
        <translation>Bis jetzt; 95-%-Intervall nach Wilson %1 – %2, %3 von %4 Elementen</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>%1 perplexity</source>
        <translation>%1 Perplexität</translation>
    </message>
    <message>
        <source>%1 (norm.)</source>
        <translation>%1 (norm.)</translation>
    </message>
    <message>
        <source>until it was clear</source>
        <translation>bis es eindeutig war</translation>
    </message>
    <message>
        <source>partial</source>
        <translation>unvollständig</translation>
    </message>
    <message>
        <source>
Against the baseline on the %1 items that both have</source>
        <translation>
Gegen die Baseline auf den %1 gemeinsamen Elementen</translation>
    </message>
    <message>
        <source>
Against the baseline on the items that both have: %1 points</source>
        <translation>
Gegen die Baseline auf den gemeinsamen Elementen: %1 Punkte</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::ResultsPanel</name>
    <message>
        <source>Results: tasks by runs, in per cent</source>
        <translation>Ergebnisse: Aufgaben nach Läufen, in Prozent</translation>
    </message>
    <message>
        <source>Evaluate…</source>
        <translation>Auswerten…</translation>
    </message>
    <message>
        <source>Evaluate the plan to see its accuracy beside the baseline.</source>
        <translation>Den Plan auswerten, um seine Genauigkeit neben der Baseline zu sehen.</translation>
    </message>
    <message>
        <source>Results appear here.</source>
        <translation>Die Ergebnisse erscheinen hier.</translation>
    </message>
    <message>
        <source>Use This Plan</source>
        <translation>Diesen Plan verwenden</translation>
    </message>
    <message>
        <source>Set Note…</source>
        <translation>Notiz festlegen…</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Note on this run</source>
        <translation>Notiz zu diesem Lauf</translation>
    </message>
    <message>
        <source>Compare with the Baseline…</source>
        <translation>Mit der Baseline vergleichen…</translation>
    </message>
    <message>
        <source>Remove This Run</source>
        <translation>Diesen Lauf entfernen</translation>
    </message>
    <message>
        <source>KL to the baseline &lt;b&gt;%1&lt;/b&gt; nats · 99th percentile &lt;b&gt;%2&lt;/b&gt; · same top token &lt;b&gt;%3 %&lt;/b&gt;</source>
        <translation>KL zur Baseline &lt;b&gt;%1&lt;/b&gt; nats · 99. Perzentil &lt;b&gt;%2&lt;/b&gt; · gleiches wahrscheinlichstes Token &lt;b&gt;%3 %&lt;/b&gt;</translation>
    </message>
    <message>
        <source>KL(baseline ‖ plan) of the next-token distributions at %1 positions of %2&apos;s texts; mean %3 ± %4.
Token perplexity there: baseline %5, plan %6.</source>
        <translation>KL(Baseline ‖ Plan) der Verteilungen des nächsten Tokens an %1 Stellen der Texte von %2; Mittel %3 ± %4.
Token-Perplexität dort: Baseline %5, Plan %6.</translation>
    </message>
    <message>
        <source>%1 positions not finite</source>
        <translation>%1 Stellen nicht endlich</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::SearchDialog</name>
    <message>
        <source>&amp;Weigh by what each site&apos;s bits do to the predictions</source>
        <translation>Ge&amp;wichten, was die Bits jeder Stelle an den Vorhersagen ändern</translation>
    </message>
    <message>
        <source>One site at a time o&amp;n, all else in floats</source>
        <translation>Je eine Stelle &amp;an, alles andere in Gleitkomma</translation>
    </message>
    <message>
        <source>One site at a time o&amp;ff, all else as planned</source>
        <translation>Je eine Stelle a&amp;us, alles andere wie im Plan</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>α of every site</source>
        <translation>α jeder Stelle</translation>
    </message>
    <message>
        <source>Bits of every site, under a budget</source>
        <translation>Bits jeder Stelle in einem Budget</translation>
    </message>
    <message>
        <source>Sensitivity of every site</source>
        <translation>Empfindlichkeit jeder Stelle</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Token</translation>
    </message>
    <message>
        <source>Where the windows start; the same seed gives the same windows on every machine</source>
        <translation>Wo die Fenster beginnen; derselbe Seed ergibt auf jedem Rechner dieselben Fenster</translation>
    </message>
    <message>
        <source>A plain text file, UTF-8</source>
        <translation>Eine reine Textdatei, UTF-8</translation>
    </message>
    <message>
        <source>That of the calibration: %1</source>
        <translation>Der der Kalibrierung: %1</translation>
    </message>
    <message>
        <source>&amp;Search for</source>
        <translation>Suchen &amp;nach</translation>
    </message>
    <message>
        <source>From the plan</source>
        <translation>Vom Plan aus</translation>
    </message>
    <message>
        <source>&amp;Text</source>
        <translation>&amp;Text</translation>
    </message>
    <message>
        <source>Win&amp;dows</source>
        <translation>&amp;Fenster</translation>
    </message>
    <message>
        <source>&amp;Length</source>
        <translation>&amp;Länge</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>&amp;Seed</translation>
    </message>
    <message>
        <source>Sea&amp;rch</source>
        <translation>Su&amp;chen</translation>
    </message>
    <message>
        <source>FROM:TO:STEP, or values from 0 to 1 with commas between them</source>
        <translation>VON:BIS:SCHRITT, oder Werte von 0 bis 1 mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>&amp;Grid of α</source>
        <translation>&amp;Gitter für α</translation>
    </message>
    <message>
        <source>Unit of the budget</source>
        <translation>Einheit des Budgets</translation>
    </message>
    <message>
        <source>bits a weight, on average</source>
        <translation>Bits je Gewicht, im Mittel</translation>
    </message>
    <message>
        <source>MiB of weights</source>
        <translation>MiB Gewichte</translation>
    </message>
    <message>
        <source>&amp;Budget</source>
        <translation>&amp;Budget</translation>
    </message>
    <message numerus="yes">
        <source>%n bits</source>
        <translation>
            <numerusform>%n Bit</numerusform>
            <numerusform>%n Bits</numerusform>
        </translation>
    </message>
    <message>
        <source>Bits to choose from</source>
        <translation>Bits zur Auswahl</translation>
    </message>
    <message>
        <source>Takes a pass for every site and width; without it, the errors of the outputs decide</source>
        <translation>Braucht einen Durchlauf für jede Stelle und Breite; sonst entscheiden die Fehler der Ausgaben</translation>
    </message>
    <message>
        <source>Text to Measure On</source>
        <translation>Text, auf dem gemessen wird</translation>
    </message>
    <message>
        <source>Text (*.txt *.md *.text);;All files (*)</source>
        <translation>Text (*.txt *.md *.text);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The grid is neither FROM:TO:STEP, e.g. 0:1:0.1, nor values from 0 to 1 with commas between them.</source>
        <translation>Das Gitter ist weder VON:BIS:SCHRITT, z. B. 0:1:0.1, noch Werte von 0 bis 1 mit Kommas dazwischen.</translation>
    </message>
    <message>
        <source>There are no bits to choose from.</source>
        <translation>Es stehen keine Bits zur Auswahl.</translation>
    </message>
    <message>
        <source>The budget is %1 bits a weight, less than the fewest that can be chosen, %2.</source>
        <translation>Das Budget ist %1 Bits je Gewicht, weniger als die wenigsten zur Auswahl, %2.</translation>
    </message>
    <message>
        <source>Choose one site at a time on, off, or both.</source>
        <translation>Wählen Sie je eine Stelle an, aus, oder beides.</translation>
    </message>
    <message>
        <source>There is no text to measure on: choose one.</source>
        <translation>Es gibt keinen Text, auf dem gemessen wird: wählen Sie einen.</translation>
    </message>
    <message>
        <source>There is no file %1.</source>
        <translation>Es gibt keine Datei %1.</translation>
    </message>
    <message>
        <source>Measures every linear&apos;s output over %1 tokens.</source>
        <translation>Misst die Ausgabe jeder linearen Schicht über %1 Token.</translation>
    </message>
    <message>
        <source>Takes %1 passes over %2 tokens.</source>
        <translation>Braucht %1 Durchläufe über %2 Token.</translation>
    </message>
    <message>
        <source>The migration strength of SmoothQuant that leaves each linear&apos;s output nearest to the unquantized one. What is found becomes the plan, and can be undone.</source>
        <translation>Die Migrationsstärke von SmoothQuant, mit der die Ausgabe jeder linearen Schicht der unquantisierten am nächsten bleibt. Was gefunden wird, wird der Plan und lässt sich rückgängig machen.</translation>
    </message>
    <message>
        <source>The weight bits of each site with which the model stays nearest to float weights within a budget. What is found becomes the plan, and can be undone.</source>
        <translation>Die Gewichtsbits jeder Stelle, mit denen das Modell in einem Budget den Gleitkommagewichten am nächsten bleibt. Was gefunden wird, wird der Plan und lässt sich rückgängig machen.</translation>
    </message>
    <message>
        <source>How much each site by itself costs in loss. The plan stays as it is.</source>
        <translation>Wie viel jede Stelle für sich an Verlust kostet. Der Plan bleibt, wie er ist.</translation>
    </message>
    <message>
        <source>= %1 bits a weight</source>
        <translation>= %1 Bits je Gewicht</translation>
    </message>
    <message>
        <source>= %1 of weights, scales not counted</source>
        <translation>= %1 Gewichte, ohne Skalen</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::SearchesDialog</name>
    <message>
        <source>Error over α, one layer</source>
        <translation>Fehler über α, eine Schicht</translation>
    </message>
    <message>
        <source>Error over the layers</source>
        <translation>Fehler über die Schichten</translation>
    </message>
    <message>
        <source>Bits of the sites</source>
        <translation>Bits der Stellen</translation>
    </message>
    <message>
        <source>Divergence over average bits</source>
        <translation>Divergenz über mittlere Bits</translation>
    </message>
    <message>
        <source>Loss of the sites</source>
        <translation>Verlust der Stellen</translation>
    </message>
    <message>
        <source>Searches</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>What the search measured</source>
        <translation>Was die Suche gemessen hat</translation>
    </message>
    <message>
        <source>No search yet. “New Search…” finds α or bits for every site, or how sensitive each is, and what it measured appears here, as does what mambascope-cli search --session measures.</source>
        <translation>Noch keine Suche. „Neue Suche…“ findet für jede Stelle α oder Bits, oder wie empfindlich sie ist; was gemessen wurde, erscheint hier, ebenso was mambascope-cli search --session misst.</translation>
    </message>
    <message>
        <source>by layer</source>
        <translation>nach Schicht</translation>
    </message>
    <message>
        <source>by size</source>
        <translation>nach Größe</translation>
    </message>
    <message>
        <source>Value at the cursor</source>
        <translation>Wert am Cursor</translation>
    </message>
    <message>
        <source>Sho&amp;w</source>
        <translation>&amp;Zeigen</translation>
    </message>
    <message>
        <source>&amp;Order</source>
        <translation>&amp;Reihenfolge</translation>
    </message>
    <message>
        <source>&amp;Layer</source>
        <translation>S&amp;chicht</translation>
    </message>
    <message>
        <source>&amp;Use What It Found</source>
        <translation>Gefundenes &amp;übernehmen</translation>
    </message>
    <message>
        <source>&amp;New Search…</source>
        <translation>&amp;Neue Suche…</translation>
    </message>
    <message>
        <source>α, bits under a budget, or sensitivity</source>
        <translation>α, Bits in einem Budget, oder Empfindlichkeit</translation>
    </message>
    <message>
        <source>Open &amp;Trace…</source>
        <translation>&amp;Verlauf öffnen…</translation>
    </message>
    <message>
        <source>The trace that mambascope-cli search --trace wrote</source>
        <translation>Der Verlauf, den mambascope-cli search --trace geschrieben hat</translation>
    </message>
    <message>
        <source>&amp;Figure…</source>
        <translation>&amp;Abbildung…</translation>
    </message>
    <message>
        <source>Save, copy or print</source>
        <translation>Speichern, kopieren oder drucken</translation>
    </message>
    <message>
        <source>%1 is not the trace of a search. mambascope-cli search --trace writes one.</source>
        <translation>%1 ist kein Verlauf einer Suche. mambascope-cli search --trace schreibt einen.</translation>
    </message>
    <message>
        <source>Open the Trace of a Search</source>
        <translation>Verlauf einer Suche öffnen</translation>
    </message>
    <message>
        <source>Traces (*.json)</source>
        <translation>Verläufe (*.json)</translation>
    </message>
    <message>
        <source>This search chose nothing: it measured how sensitive the sites are.</source>
        <translation>Diese Suche hat nichts gewählt: sie hat gemessen, wie empfindlich die Stellen sind.</translation>
    </message>
    <message>
        <source>The plan has what this search chose.</source>
        <translation>Der Plan hat, was diese Suche gewählt hat.</translation>
    </message>
    <message>
        <source>Using it would change the plan: %1</source>
        <translation>Übernommen würde es den Plan ändern: %1</translation>
    </message>
    <message numerus="yes">
        <source>, and %n more</source>
        <translation>
            <numerusform>, und %n weitere</numerusform>
            <numerusform>, und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>One step that can be undone; what the search did not choose stays as it is</source>
        <translation>Ein Schritt, der sich rückgängig machen lässt; was die Suche nicht gewählt hat, bleibt, wie es ist</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::SearchesModel</name>
    <message>
        <source>%1 (file %2)</source>
        <translation>%1 (Datei %2)</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::SettingsDialog</name>
    <message>
        <source>&amp;Reduced motion</source>
        <translation>Weniger &amp;Bewegung</translation>
    </message>
    <message>
        <source>&amp;Ask before closing while a job runs</source>
        <translation>Vor dem Schließen &amp;fragen, wenn ein Auftrag läuft</translation>
    </message>
    <message>
        <source>Dar&amp;k figures</source>
        <translation>Dun&amp;kle Abbildungen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>Farbs&amp;chema</translation>
    </message>
    <message>
        <source>Colours of the window and its plots</source>
        <translation>Farben des Fensters und seiner Diagramme</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>Takes effect when Mambascope starts the next time</source>
        <translation>Gilt, wenn Mambascope das nächste Mal startet</translation>
    </message>
    <message>
        <source>Nothing slides or fades</source>
        <translation>Nichts gleitet oder blendet über</translation>
    </message>
    <message>
        <source>Otherwise closing stops the jobs without a question</source>
        <translation>Sonst bricht das Schließen die Aufträge ohne Frage ab</translation>
    </message>
    <message>
        <source>The engine that is installed here</source>
        <translation>Die hier installierte Engine</translation>
    </message>
    <message>
        <source>all cores</source>
        <translation>alle Kerne</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>&amp;Command</source>
        <translation>B&amp;efehl</translation>
    </message>
    <message>
        <source>Starts the engine, here or elsewhere: ssh gpu-host mambascope-engine. ssh must not have to ask for anything.</source>
        <translation>Startet die Engine, hier oder anderswo: ssh gpu-host mambascope-engine. ssh darf dabei nichts fragen müssen.</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>&amp;Gerät</translation>
    </message>
    <message>
        <source>What the engine computes on: auto, cpu, cuda, cuda:1, …</source>
        <translation>Worauf die Engine rechnet: auto, cpu, cuda, cuda:1,…</translation>
    </message>
    <message>
        <source>&amp;Number type</source>
        <translation>&amp;Zahlentyp</translation>
    </message>
    <message>
        <source>What the linears compute in</source>
        <translation>Worin die linearen Schichten rechnen</translation>
    </message>
    <message>
        <source>T&amp;hreads</source>
        <translation>Threa&amp;ds</translation>
    </message>
    <message>
        <source>Threads of the engine on a processor</source>
        <translation>Threads der Engine auf einem Prozessor</translation>
    </message>
    <message>
        <source>Folder with the data sets: lambada/, hellaswag/, piqa/, …</source>
        <translation>Ordner mit den Datensätzen: lambada/, hellaswag/, piqa/,…</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen…</translation>
    </message>
    <message>
        <source>New Sessions</source>
        <translation>Neue Sitzungen</translation>
    </message>
    <message>
        <source>&amp;Outlier rule</source>
        <translation>Ausreißerrege&amp;l</translation>
    </message>
    <message>
        <source>When a channel counts as an outlier channel</source>
        <translation>Wann ein Kanal als Ausreißerkanal gilt</translation>
    </message>
    <message>
        <source>&amp;Factor</source>
        <translation>Fakt&amp;or</translation>
    </message>
    <message>
        <source>How many spreads above the centre of its rule an outlier channel stands</source>
        <translation>Wie viele Streuungen ein Ausreißerkanal über der Mitte seiner Regel steht</translation>
    </message>
    <message>
        <source>Ta&amp;sks</source>
        <translation>&amp;Aufgaben</translation>
    </message>
    <message>
        <source>Where evaluations find the tasks</source>
        <translation>Wo Auswertungen die Aufgaben finden</translation>
    </message>
    <message>
        <source>&amp;Memory for edits</source>
        <translation>Speicher für Ä&amp;nderungen</translation>
    </message>
    <message>
        <source>What the engine may keep to go on from the layer that was edited, instead of from the first one; 0 keeps nothing</source>
        <translation>Was die Engine behalten darf, um bei der geänderten Schicht weiterzurechnen statt bei der ersten; 0 behält nichts</translation>
    </message>
    <message>
        <source> mm</source>
        <translation> mm</translation>
    </message>
    <message>
        <source> dpi</source>
        <translation> dpi</translation>
    </message>
    <message>
        <source>Exported Figures</source>
        <translation>Exportierte Abbildungen</translation>
    </message>
    <message>
        <source>&amp;Width</source>
        <translation>B&amp;reite</translation>
    </message>
    <message>
        <source>Width of exported and copied figures</source>
        <translation>Breite exportierter und kopierter Abbildungen</translation>
    </message>
    <message>
        <source>H&amp;eight</source>
        <translation>&amp;Höhe</translation>
    </message>
    <message>
        <source>Height of exported and copied figures</source>
        <translation>Höhe exportierter und kopierter Abbildungen</translation>
    </message>
    <message>
        <source>Resol&amp;ution</source>
        <translation>A&amp;uflösung</translation>
    </message>
    <message>
        <source>Dots per inch of PNG</source>
        <translation>Punkte pro Zoll in PNG</translation>
    </message>
    <message>
        <source>Light ones are for print</source>
        <translation>Helle sind für den Druck</translation>
    </message>
    <message>
        <source>Folder with the Data Sets</source>
        <translation>Ordner mit den Datensätzen</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::SitePreviewPanel</name>
    <message>
        <source>Of some rows of the weight, and for the output as if the channels of the input were independent. Evaluate to know what it costs.</source>
        <translation>Aus einigen Zeilen des Gewichts, und für die Ausgabe so, als wären die Kanäle der Eingabe unabhängig. Was es kostet, zeigt die Auswertung.</translation>
    </message>
    <message>
        <source>%1 (without α: %2)</source>
        <translation>%1 (ohne α: %2)</translation>
    </message>
    <message>
        <source>Weight off by %1 %</source>
        <translation>Gewicht um %1 % daneben</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Output off by about %1 % from the weight</source>
        <translation>Ausgabe um etwa %1 % daneben durch das Gewicht</translation>
    </message>
    <message>
        <source>Output off by about %1 % from the input</source>
        <translation>Ausgabe um etwa %1 % daneben durch die Eingabe</translation>
    </message>
    <message>
        <source>Input up to %1, Δ %2</source>
        <translation>Eingabe bis %1, Δ %2</translation>
    </message>
    <message>
        <source>Input up to %1</source>
        <translation>Eingabe bis %1</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::StartPage</name>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Activation scales</source>
        <translation>Aktivierungsskalen</translation>
    </message>
    <message>
        <source>%1 · no longer in %2</source>
        <translation>%1 · nicht mehr in %2</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Hugging Face cache</source>
        <translation>Hugging-Face-Cache</translation>
    </message>
    <message>
        <source>Sessions and calibrations that you open are listed here.</source>
        <translation>Geöffnete Sitzungen und Kalibrierungen werden hier aufgeführt.</translation>
    </message>
    <message>
        <source>Open a Mamba checkpoint</source>
        <translation>Einen Mamba-Checkpoint öffnen</translation>
    </message>
    <message>
        <source>A folder with config.json and weights. Sessions, calibrations and activation scales open as files. Or drop any of them here.</source>
        <translation>Ein Ordner mit config.json und Gewichten. Sitzungen, Kalibrierungen und Aktivierungsskalen werden als Dateien geöffnet. Alles lässt sich auch hier ablegen.</translation>
    </message>
    <message>
        <source>Open Checkpoint…</source>
        <translation>Checkpoint öffnen…</translation>
    </message>
    <message>
        <source>Open File…</source>
        <translation>Datei öffnen…</translation>
    </message>
    <message>
        <source>Open Demo</source>
        <translation>Demo öffnen</translation>
    </message>
    <message>
        <source>Looking through the cache…</source>
        <translation>Der Cache wird durchsucht…</translation>
    </message>
    <message>
        <source>No models in %1.

Where there is a network, this puts one there:
huggingface-cli download state-spaces/mamba-130m-hf</source>
        <translation>Keine Modelle in %1.

Mit Netzzugang holt dieser Befehl eines dorthin:
huggingface-cli download state-spaces/mamba-130m-hf</translation>
    </message>
    <message>
        <source>the cache</source>
        <translation>dem Cache</translation>
    </message>
    <message>
        <source>%1 · %2 in %3</source>
        <translation>%1 · %2 in %3</translation>
    </message>
    <message>
        <source>1 model</source>
        <translation>1 Modell</translation>
    </message>
    <message>
        <source>%1 models</source>
        <translation>%1 Modelle</translation>
    </message>
    <message>
        <source>Take the Tour</source>
        <translation>Rundgang</translation>
    </message>
    <message>
        <source>Two minutes through the window, on the demo</source>
        <translation>In zwei Minuten durch das Fenster, mit der Demo</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::StatusPanel</name>
    <message>
        <source>%1 G parameters</source>
        <translation>%1 Mrd. Parameter</translation>
    </message>
    <message>
        <source>%1 M parameters</source>
        <translation>%1 Mio. Parameter</translation>
    </message>
    <message>
        <source>Progress of the job</source>
        <translation>Fortschritt des Auftrags</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop the job (Esc)</source>
        <translation>Den Auftrag anhalten (Esc)</translation>
    </message>
    <message>
        <source>Stop the job</source>
        <translation>Den Auftrag anhalten</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>  %1 of %2</source>
        <translation>  %1 von %2</translation>
    </message>
    <message>
        <source>Engine not started</source>
        <translation>Engine nicht gestartet</translation>
    </message>
    <message>
        <source>Engine starting…</source>
        <translation>Engine startet…</translation>
    </message>
    <message>
        <source>Engine ready</source>
        <translation>Engine bereit</translation>
    </message>
    <message>
        <source>Engine working</source>
        <translation>Engine arbeitet</translation>
    </message>
    <message>
        <source>Engine ended</source>
        <translation>Engine beendet</translation>
    </message>
    <message>
        <source>%1 layers · width %2 · no model loaded</source>
        <translation>%1 Schichten · Breite %2 · kein Modell geladen</translation>
    </message>
    <message>
        <source>%1 layers · width %2 · %3</source>
        <translation>%1 Schichten · Breite %2 · %3</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::Tour</name>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Zurück</translation>
    </message>
    <message>
        <source>Tour</source>
        <translation>Rundgang</translation>
    </message>
    <message>
        <source>&amp;End the Tour</source>
        <translation>Rundgang &amp;beenden</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>&amp;Next</source>
        <translation>&amp;Weiter</translation>
    </message>
    <message>
        <source>&amp;Done</source>
        <translation>&amp;Fertig</translation>
    </message>
</context>
<context>
    <name>mambascope::ui::Workspace</name>
    <message>
        <source>This needs the model itself, and only its activation scales are open. Open the checkpoint that they belong to; they will be attached to it.</source>
        <translation>Dafür wird das Modell selbst gebraucht, geöffnet sind aber nur seine Aktivierungsskalen. Den zugehörigen Checkpoint öffnen; sie werden ihm zugeordnet.</translation>
    </message>
    <message>
        <source>This needs the model itself, and only a calibration of it is open. Open the checkpoint that it belongs to; it will be attached to it.</source>
        <translation>Dafür wird das Modell selbst gebraucht, geöffnet ist aber nur eine Kalibrierung davon. Den zugehörigen Checkpoint öffnen; sie wird ihm zugeordnet.</translation>
    </message>
    <message>
        <source>The checkpoint of this session is not loaded. Open it where it is now.</source>
        <translation>Der Checkpoint dieser Sitzung ist nicht geladen. Ihn dort öffnen, wo er jetzt liegt.</translation>
    </message>
    <message>
        <source>Open a checkpoint first.</source>
        <translation>Zuerst einen Checkpoint öffnen.</translation>
    </message>
    <message>
        <source>This session is open for reading only: nothing that you change is kept.</source>
        <translation>Diese Sitzung ist nur zum Lesen geöffnet: Keine Änderung wird gespeichert.</translation>
    </message>
    <message>
        <source>Another program has it open, or you may not write to it. Save a copy to work on.</source>
        <translation>Ein anderes Programm hat sie geöffnet, oder das Schreibrecht fehlt. Zum Arbeiten eine Kopie speichern.</translation>
    </message>
    <message>
        <source>There is no session to save.</source>
        <translation>Es gibt keine Sitzung zu speichern.</translation>
    </message>
    <message>
        <source>Use plan “%1”</source>
        <translation>Plan „%1“ verwenden</translation>
    </message>
    <message>
        <source>%1 Your session is intact.</source>
        <translation>%1 Die Sitzung ist unversehrt.</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Neu starten</translation>
    </message>
    <message>
        <source>This calibration is of another checkpoint (%1).</source>
        <translation>Diese Kalibrierung gehört zu einem anderen Checkpoint (%1).</translation>
    </message>
    <message>
        <source>Open that checkpoint, or calibrate this one.</source>
        <translation>Jenen Checkpoint öffnen oder diesen kalibrieren.</translation>
    </message>
    <message>
        <source>Show it on its own</source>
        <translation>Für sich allein anzeigen</translation>
    </message>
    <message>
        <source>The calibration of %1 that was shown is of another checkpoint than %2, and was not attached to it.</source>
        <translation>Die gezeigte Kalibrierung von %1 gehört zu einem anderen Checkpoint als %2 und wurde ihm nicht zugeordnet.</translation>
    </message>
    <message>
        <source>The activation scales of %1 are attached to %2: they fit its shape. Whether they were measured on these very weights, they do not say.</source>
        <translation>Die Aktivierungsskalen von %1 sind %2 zugeordnet: Sie passen zu seiner Form. Ob sie an genau diesen Gewichten gemessen wurden, sagen sie nicht.</translation>
    </message>
    <message>
        <source>The calibration is attached to %1, which it was made on.</source>
        <translation>Die Kalibrierung ist %1 zugeordnet, an dem sie gemessen wurde.</translation>
    </message>
    <message>
        <source>Read the weights</source>
        <translation>Gewichte lesen</translation>
    </message>
    <message>
        <source>Text cannot be turned into tokens: %1 comes without a tokenizer.json.</source>
        <translation>Text lässt sich nicht in Token umwandeln: %1 hat keine tokenizer.json.</translation>
    </message>
    <message>
        <source>The tokenizer that was chosen for %1 is gone: %2.</source>
        <translation>Der für %1 gewählte Tokenizer ist nicht mehr da: %2.</translation>
    </message>
    <message>
        <source>The published Mamba models use that of EleutherAI/gpt-neox-20b.</source>
        <translation>Die veröffentlichten Mamba-Modelle verwenden den von EleutherAI/gpt-neox-20b.</translation>
    </message>
    <message>
        <source>Choose tokenizer.json…</source>
        <translation>tokenizer.json wählen…</translation>
    </message>
    <message>
        <source>Reading the tokenizer</source>
        <translation>Tokenizer lesen</translation>
    </message>
    <message>
        <source>From now on %1 is read with the tokenizer %2.</source>
        <translation>Von jetzt an wird %1 mit dem Tokenizer %2 gelesen.</translation>
    </message>
    <message>
        <source>Results that are here already were made with the one before; remove them to compute them again.</source>
        <translation>Schon vorhandene Ergebnisse entstanden mit dem vorigen; zum Neuberechnen müssen sie entfernt werden.</translation>
    </message>
    <message>
        <source>Calibrating</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Calibration stopped after %1 tokens.</source>
        <translation>Kalibrierung nach %1 Token angehalten.</translation>
    </message>
    <message>
        <source>Keep the partial result</source>
        <translation>Das Teilergebnis behalten</translation>
    </message>
    <message>
        <source>This plan needs a calibration, and there is none.</source>
        <translation>Dieser Plan braucht eine Kalibrierung, und es gibt keine.</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>baseline</source>
        <translation>baseline</translation>
    </message>
    <message>
        <source>Evaluating %1</source>
        <translation>Auswerten: %1</translation>
    </message>
    <message>
        <source>Exporting the checkpoint</source>
        <translation>Checkpoint exportieren</translation>
    </message>
    <message>
        <source>Exported to %1 (%2).</source>
        <translation>Nach %1 exportiert (%2).</translation>
    </message>
    <message>
        <source>Details say what a checkpoint alone cannot express.</source>
        <translation>Die Details nennen, was ein Checkpoint allein nicht ausdrücken kann.</translation>
    </message>
    <message>
        <source>Opening %1</source>
        <translation>%1 öffnen</translation>
    </message>
    <message>
        <source>The checkpoint of this session cannot be opened: %1</source>
        <translation>Der Checkpoint dieser Sitzung lässt sich nicht öffnen: %1</translation>
    </message>
    <message>
        <source>What was measured is here; to go on, say where the checkpoint is now.</source>
        <translation>Was gemessen wurde, ist hier; um weiterzuarbeiten, den jetzigen Ort des Checkpoints angeben.</translation>
    </message>
    <message>
        <source>Locate…</source>
        <translation>Suchen…</translation>
    </message>
    <message>
        <source>The session %1 does not exist.</source>
        <translation>Die Sitzung %1 existiert nicht.</translation>
    </message>
    <message>
        <source>Was it moved? Open it where it is now.</source>
        <translation>Wurde sie verschoben? Sie dort öffnen, wo sie jetzt liegt.</translation>
    </message>
    <message>
        <source>The checkpoint at %1 is not the one this session is about any more: its weights differ.</source>
        <translation>Der Checkpoint in %1 ist nicht mehr der, um den es in dieser Sitzung geht: Seine Gewichte sind andere.</translation>
    </message>
    <message>
        <source>What was measured stays. Open the right checkpoint to go on, or this one in a new session.</source>
        <translation>Was gemessen wurde, bleibt. Zum Weiterarbeiten den richtigen Checkpoint öffnen, oder diesen in einer neuen Sitzung.</translation>
    </message>
    <message>
        <source>Open in a new session</source>
        <translation>In einer neuen Sitzung öffnen</translation>
    </message>
    <message>
        <source>Find α</source>
        <translation>α suchen</translation>
    </message>
    <message>
        <source>%1 The plan was edited meanwhile.</source>
        <translation>%1 Der Plan wurde inzwischen bearbeitet.</translation>
    </message>
    <message>
        <source>Use them</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Evaluating the baseline, then %1</source>
        <translation>Auswerten: Baseline, dann %1</translation>
    </message>
    <message>
        <source>Go on without the line</source>
        <translation>Ohne die Zeile weitermachen</translation>
    </message>
    <message>
        <source>Go on without %1 broken lines</source>
        <translation>Ohne %1 fehlerhafte Zeilen weitermachen</translation>
    </message>
    <message>
        <source>Everything was recovered into %1.</source>
        <translation>Alles wurde nach %1 gerettet.</translation>
    </message>
    <message>
        <source>Recovered into %1. Lost: %2.</source>
        <translation>Nach %1 gerettet. Verloren: %2.</translation>
    </message>
    <message>
        <source>Open an earlier copy of it, or what can still be read, in a new file.</source>
        <translation>Öffnen Sie eine frühere Kopie, oder in einer neuen Datei, was noch lesbar ist.</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Retten</translation>
    </message>
    <message>
        <source>α is made from calibrated activations, and there are none. Calibrate the model first.</source>
        <translation>α entsteht aus kalibrierten Aktivierungen, und es gibt keine. Kalibrieren Sie zuerst das Modell.</translation>
    </message>
    <message>
        <source>This plan needs a calibration, and there is none. Calibrate the model first.</source>
        <translation>Dieser Plan braucht eine Kalibrierung, und es gibt keine. Kalibrieren Sie zuerst das Modell.</translation>
    </message>
    <message>
        <source>The plan does nothing, so no site can be sensitive to it. Choose a preset, or set bits first.</source>
        <translation>Der Plan tut nichts, also kann keine Stelle dafür empfindlich sein. Wählen Sie zuerst eine Vorlage oder Bits.</translation>
    </message>
    <message>
        <source>There is no text to measure on.</source>
        <translation>Es gibt keinen Text, auf dem gemessen wird.</translation>
    </message>
    <message>
        <source>Choose one in the search, or calibrate the model on one.</source>
        <translation>Wählen Sie einen in der Suche, oder kalibrieren Sie das Modell auf einem.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Find bits</source>
        <translation>Bits suchen</translation>
    </message>
    <message>
        <source>Use search: %1</source>
        <translation>Suche übernehmen: %1</translation>
    </message>
</context>
</TS>

// TYPE BODY FOLDER: the same as Jakarta Mail reads it.
import jakarta.mail.BodyPart;
import jakarta.mail.internet.ContentDisposition;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.util.ByteArrayDataSource;
import java.nio.file.Files;
import java.nio.file.Path;

public class Parse {
    public static void main(String[] arguments) throws Exception {
        byte[] body = Files.readAllBytes(Path.of(arguments[1]));
        MimeMultipart parts = new MimeMultipart(new ByteArrayDataSource(body, arguments[0]));
        for (int at = 0; at < parts.getCount(); at++) {
            BodyPart part = parts.getBodyPart(at);
            ContentDisposition disposition = new ContentDisposition(part.getHeader("Content-Disposition")[0]);
            String name = disposition.getParameter("name");
            Files.write(Path.of(arguments[2], name), part.getDataHandler().getDataSource().getInputStream().readAllBytes());
            if (disposition.getParameter("filename") != null) {
                Files.writeString(Path.of(arguments[2], name + ".name"), disposition.getParameter("filename"));
            }
        }
    }
}
